"""A stand-in for API Gateway's client certificates, which its API can read: real certificates of a year."""

import datetime
import json
import uuid

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from ministack.services import apigateway

PATH = "/clientcertificates/"
certificates = {}


def client_certificate(_logical_id, properties):
    identifier = uuid.uuid4().hex[:6]
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ApiGateway")])
    now = datetime.datetime.now(datetime.timezone.utc)
    end = now + datetime.timedelta(days=365)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    certificates[identifier] = {
        "clientCertificateId": identifier,
        "description": properties.get("Description", ""),
        "pemEncodedCertificate": certificate.public_bytes(serialization.Encoding.PEM).decode(),
        "createdDate": int(now.timestamp()),
        "expirationDate": int(end.timestamp()),
    }
    return identifier, {"ClientCertificateId": identifier}


def serve():
    """Answer GetClientCertificate, and leave every other request to ministack."""
    others = apigateway.handle_request

    async def handle_request(method, path, headers, body, query_params):
        if method == "GET" and path.startswith(PATH):
            found = certificates.get(path[len(PATH) :])
            status = 200 if found else 404
            return status, {"Content-Type": "application/json"}, json.dumps(found or {"message": "unknown"}).encode()
        return await others(method, path, headers, body, query_params)

    apigateway.handle_request = handle_request
