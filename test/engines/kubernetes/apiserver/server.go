package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/client-go/rest"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

// start runs etcd and the API server, on loopback only, and waits until the latter is ready.
func start(dir string) *client {
	etcd := startEtcd(dir)
	secret := make([]byte, 16)
	_, err := rand.Read(secret)
	must(err)
	token, port := hex.EncodeToString(secret), freePort()
	startServer(dir, etcd, port, token)
	config := &rest.Config{
		Host:            fmt.Sprintf("https://127.0.0.1:%d", port),
		BearerToken:     token,
		QPS:             500,
		Burst:           1000,
		TLSClientConfig: rest.TLSClientConfig{Insecure: true},
		WarningHandler:  rest.NoWarnings{},
	}
	waitUntilReady(config)
	return newClient(config)
}

func startEtcd(dir string) string {
	address := func() url.URL {
		made, err := url.Parse(fmt.Sprintf("http://127.0.0.1:%d", freePort()))
		must(err)
		return *made
	}
	clients, peers := address(), address()
	config := embed.NewConfig()
	config.Dir = filepath.Join(dir, "etcd")
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{clients}, []url.URL{clients}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{peers}, []url.URL{peers}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.LogLevel, config.UnsafeNoFsync = "error", true
	etcd, err := embed.StartEtcd(config)
	must(err)
	<-etcd.Server.ReadyNotify()
	return clients.String()
}

func startServer(dir, etcd string, port int, token string) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	accounts := filepath.Join(dir, "accounts.key")
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	must(os.WriteFile(accounts, pem.EncodeToMemory(block), 0o600))
	tokens := filepath.Join(dir, "tokens.csv")
	must(os.WriteFile(tokens, []byte(token+",admin,admin,system:masters\n"), 0o600))
	command := app.NewAPIServerCommand()
	command.SetArgs([]string{
		"--etcd-servers=" + etcd,
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", port),
		"--cert-dir=" + filepath.Join(dir, "certificates"),
		"--token-auth-file=" + tokens,
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + accounts,
		"--service-account-signing-key-file=" + accounts,
		"--service-cluster-ip-range=10.0.0.0/24",
		"--authorization-mode=RBAC",
		// It waits for tokens that a controller would make.
		"--disable-admission-plugins=ServiceAccount",
		"-v=0",
	})
	go func() { must(command.Execute()) }()
}

func waitUntilReady(config *rest.Config) {
	asking, err := rest.HTTPClientFor(config)
	must(err)
	for range 1200 {
		if answer, err := asking.Get(config.Host + "/readyz"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	must(fmt.Errorf("the server did not become ready"))
}

func freePort() int {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
