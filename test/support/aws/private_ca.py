"""Stand-ins for ACM Private CA's CloudFormation types, with real keys and real certificates.

The API that issues at run time (acm-pca:IssueCertificate) has none: ministack lacks the service.
"""

import datetime
import uuid

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from ministack.core.responses import get_account_id, get_region

UNITS = {"DAYS": 1, "MONTHS": 30, "YEARS": 365}
DISTANT = datetime.timedelta(days=3650)

keys = {}
certificates = {}


def pem(document):
    return document.public_bytes(serialization.Encoding.PEM).decode()


def authority(_logical_id, properties):
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, properties.get("Subject", {}).get("CommonName", "local CA"))]
    )
    arn = f"arn:aws:acm-pca:{get_region()}:{get_account_id()}:certificate-authority/{uuid.uuid4()}"
    keys[arn] = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(keys[arn], hashes.SHA256())
    return arn, {"Arn": arn, "CertificateSigningRequest": pem(request)}


def certificate(_logical_id, properties):
    issuer_arn = properties["CertificateAuthorityArn"]
    request = x509.load_pem_x509_csr(properties["CertificateSigningRequest"].encode())
    signer = certificates.get(issuer_arn)
    # A CA with no certificate of its own yet signs itself.
    issuer = signer.subject if signer else request.subject
    validity = properties["Validity"]
    now = datetime.datetime.now(datetime.timezone.utc)
    span = DISTANT
    if validity["Type"] in UNITS:
        span = datetime.timedelta(days=int(validity["Value"]) * UNITS[validity["Type"]])
    is_authority = "CACertificate" in properties.get("TemplateArn", "")
    builder = (
        x509.CertificateBuilder()
        .subject_name(request.subject)
        .issuer_name(issuer)
        .public_key(request.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + span)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    issued = builder.sign(keys[issuer_arn], hashes.SHA256())
    arn = f"{issuer_arn}/certificate/{issued.serial_number:x}"
    return arn, {"Arn": arn, "Certificate": pem(issued)}


def activation(_logical_id, properties):
    arn = properties["CertificateAuthorityArn"]
    certificates[arn] = x509.load_pem_x509_certificate(properties["Certificate"].encode())
    chain = properties["Certificate"] + properties.get("CertificateChain", "")
    return arn, {"CompleteCertificateChain": chain}
