"""CloudFormation types that ministack 1.5.33 refuses, so that a whole stack can be deployed.

A stand-in does nothing but give the type a Ref and attributes of the right form, and note the resolved
properties in the file that STAND_INS names, a JSON object a line, for tests to read. Exceptions say so.
"""

import json
import os
import uuid

import client_certificates
import private_ca
from ministack.core.responses import get_account_id, get_region

FILE = os.environ["STAND_INS"]


def note(action, resource_type, logical_id, physical_id, properties):
    line = {
        "action": action,
        "type": resource_type,
        "logicalId": logical_id,
        "physicalId": physical_id,
        "properties": properties,
    }
    with open(FILE, "a", encoding="utf-8") as file:
        file.write(json.dumps(line, default=str) + "\n")


def unique(prefix):
    return f"{prefix}{uuid.uuid4().hex[:17]}"


def arn(service, resource, region=True):
    return f"arn:aws:{service}:{get_region() if region else ''}:{get_account_id()}:{resource}"


def by_id(prefix, *attributes):
    """Ref and every attribute are one generated id."""

    def identify(_logical_id, _properties):
        physical_id = unique(prefix)
        return physical_id, {name: physical_id for name in attributes}

    return identify


def elastic_ip(_logical_id, _properties):
    address = "198.51.100.7"
    return address, {"PublicIp": address, "AllocationId": unique("eipalloc-")}


def scalable_target(_logical_id, properties):
    parts = (properties["ResourceId"], properties["ScalableDimension"], properties["ServiceNamespace"])
    return "|".join(parts), {"Id": "|".join(parts)}


def scaling_policy(_logical_id, properties):
    identifier = arn("autoscaling", f"scalingPolicy:{uuid.uuid4()}:policyName/{properties['PolicyName']}")
    return identifier, {"Arn": identifier}


def trail(logical_id, properties):
    name = properties.get("TrailName", logical_id)
    return name, {"Arn": arn("cloudtrail", f"trail/{name}")}


def identity_provider(_logical_id, properties):
    return properties["ProviderName"], {}


def oidc_provider(_logical_id, properties):
    host = properties["Url"].removeprefix("https://")
    identifier = arn("iam", f"oidc-provider/{host}", region=False)
    return identifier, {"Arn": identifier}


def trust_store(logical_id, properties):
    name = properties.get("Name", logical_id)
    identifier = arn("elasticloadbalancing", f"truststore/{name}/{uuid.uuid4().hex[:16]}")
    return identifier, {"TrustStoreArn": identifier, "Name": name, "Status": "ACTIVE"}


def waf_logging(_logical_id, properties):
    return properties["ResourceArn"], {"ManagedByFirewallManager": "false"}


def waf_association(_logical_id, properties):
    return f"{properties['ResourceArn']}|{properties['WebACLArn']}", {}


def waf_part(resource):
    """An IP set, rule group or pattern set of a web ACL."""

    def identify(logical_id, properties):
        name, identifier = properties.get("Name", logical_id), str(uuid.uuid4())
        scope = properties.get("Scope", "REGIONAL")
        arn_of = arn("wafv2", f"{scope.lower()}/{resource}/{name}/{identifier}")
        return f"{name}|{identifier}|{scope}", {"Arn": arn_of, "Id": identifier}

    return identify


def rotation_schedule(_logical_id, properties):
    return properties["SecretId"], {"Id": properties["SecretId"]}


def risk_configuration(_logical_id, properties):
    return f"UserPoolRiskConfiguration-{properties['UserPoolId']}-{properties['ClientId']}", {}


# Each entry: type -> what gives its Ref and its attributes.
STAND_INS = {
    "AWS::ACMPCA::CertificateAuthority": private_ca.authority,  # makes a real key and signing request
    "AWS::ACMPCA::Certificate": private_ca.certificate,  # signs it, really
    "AWS::ACMPCA::CertificateAuthorityActivation": private_ca.activation,
    "AWS::ACMPCA::Permission": by_id("permission-"),
    "AWS::ApiGateway::ClientCertificate": client_certificates.client_certificate,  # a real one, to be read
    "AWS::ApiGateway::VpcLink": by_id("vl", "VpcLinkId"),
    "AWS::ApplicationAutoScaling::ScalableTarget": scalable_target,
    "AWS::ApplicationAutoScaling::ScalingPolicy": scaling_policy,
    "AWS::Athena::NamedQuery": by_id("query-", "NamedQueryId"),
    "AWS::CloudTrail::Trail": trail,
    "AWS::Cognito::UserPoolIdentityProvider": identity_provider,
    "AWS::Cognito::UserPoolRiskConfigurationAttachment": risk_configuration,
    "AWS::EC2::EIP": elastic_ip,
    "AWS::EC2::FlowLog": by_id("fl-", "Id"),
    "AWS::EC2::NatGateway": by_id("nat-", "NatGatewayId"),
    "AWS::EC2::SecurityGroupEgress": by_id("sgr-", "Id"),
    "AWS::EC2::SecurityGroupIngress": by_id("sgr-", "Id"),
    "AWS::ElasticLoadBalancingV2::TrustStore": trust_store,
    "AWS::IAM::OIDCProvider": oidc_provider,
    "AWS::Route53Resolver::FirewallDomainList": by_id("rslvr-fdl-", "Id"),
    "AWS::Route53Resolver::FirewallRuleGroup": by_id("rslvr-frg-", "Id"),
    "AWS::Route53Resolver::FirewallRuleGroupAssociation": by_id("rslvr-frgassoc-", "Id"),
    "AWS::Route53Resolver::ResolverQueryLoggingConfig": by_id("rqlc-", "Id"),
    "AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation": by_id("rqlca-", "Id"),
    "AWS::Logs::QueryDefinition": by_id("query-", "QueryDefinitionId"),
    "AWS::SecretsManager::RotationSchedule": rotation_schedule,
    "AWS::WAFv2::IPSet": waf_part("ipset"),
    "AWS::WAFv2::LoggingConfiguration": waf_logging,
    "AWS::WAFv2::WebACLAssociation": waf_association,
}


def handler(resource_type, identify):
    """What ministack calls for a type; an update keeps the identity, whatever changed."""
    attributes = {}

    def create(logical_id, properties, _stack):
        physical_id, attributes_of = identify(logical_id, properties)
        attributes[physical_id] = attributes_of
        note("create", resource_type, logical_id, physical_id, properties)
        return physical_id, attributes_of

    def update(physical_id, _old, properties, _stack, logical_id):
        note("update", resource_type, logical_id, physical_id, properties)
        return physical_id, attributes.get(physical_id, {})

    def delete(physical_id, properties, logical_id):
        note("delete", resource_type, logical_id, physical_id, properties)

    return {
        "create": create,
        "update": update,
        "update_with_logical_id": True,
        "delete": delete,
        "delete_with_logical_id": True,
    }


def alarm(logical_id, properties):
    name = properties.get("AlarmName", logical_id)
    return name, {"Arn": arn("cloudwatch", f"alarm:{name}")}


# Types that ministack has, and what it refuses of them: only those resources are stood in for.
REFUSED = {"AWS::CloudWatch::Alarm": (alarm, lambda properties: "Metrics" in properties)}


def partly(own, stand_in, is_refused):
    """ministack's own handler for what it takes, the stand-in for the rest."""

    def create(logical_id, properties, stack):
        return (stand_in if is_refused(properties) else own)["create"](logical_id, properties, stack)

    def update(physical_id, old, properties, stack, logical_id):
        if is_refused(properties):
            return stand_in["update"](physical_id, old, properties, stack, logical_id)
        more = (logical_id,) if own.get("update_with_logical_id") else ()
        return own["update"](physical_id, old, properties, stack, *more)

    def delete(physical_id, properties, logical_id):
        if is_refused(properties):
            return stand_in["delete"](physical_id, properties, logical_id)
        more = (logical_id,) if own.get("delete_with_logical_id") else ()
        return own["delete"](physical_id, properties, *more)

    return {**stand_in, "create": create, "update": update, "delete": delete}


def register(handlers):
    """Add what is missing; a type that ministack has keeps ministack's own handler."""
    client_certificates.serve()
    for resource_type, identify in STAND_INS.items():
        if resource_type in handlers:
            raise SystemExit(f"ministack has {resource_type} now: remove its stand-in")
        handlers[resource_type] = handler(resource_type, identify)
    for resource_type, (identify, is_refused) in REFUSED.items():
        own = handlers[resource_type]
        handlers[resource_type] = partly(own, handler(resource_type, identify), is_refused)


def remember_attributes(provisioners):
    """An unchanged resource of a nested stack keeps its attributes in an update: ministack forgets them."""
    provision, update, known = provisioners._provision_resource, provisioners._update_resource, {}

    def keep(resource_type, result):
        physical_id, attributes = result
        if attributes:
            known[resource_type, physical_id] = attributes
        return physical_id, attributes or known.get((resource_type, physical_id), {})

    def provision_resource(resource_type, *rest):
        return keep(resource_type, provision(resource_type, *rest))

    def update_resource(resource_type, *rest, **named):
        return keep(resource_type, update(resource_type, *rest, **named))

    provisioners._provision_resource, provisioners._update_resource = provision_resource, update_resource
