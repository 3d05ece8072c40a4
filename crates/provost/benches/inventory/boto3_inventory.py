"""The inventory of IAM users as it is usually written with boto3, for comparison.

    boto3_inventory.py ENDPOINT usual|same

`usual` asks about every user one by one; `same` makes the calls Provost makes. Both print what they found as JSON.
"""
import csv
import io
import json
import sys
import time

import boto3

endpoint, how = sys.argv[1:]
keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
iam = boto3.client("iam", endpoint_url=endpoint, region_name="us-east-1", **keys)


def pages(operation, member, **arguments):
    for page in iam.get_paginator(operation).paginate(**arguments):
        yield from page[member]


def one_by_one(user):
    name = user["UserName"]
    try:
        user["LoginProfile"] = iam.get_login_profile(UserName=name)["LoginProfile"]
    except iam.exceptions.NoSuchEntityException:
        pass
    user["GroupList"] = [group["GroupName"] for group in pages("list_groups_for_user", "Groups", UserName=name)]
    user["Attached"] = list(pages("list_attached_user_policies", "AttachedPolicies", UserName=name))
    user["Inline"] = list(pages("list_user_policies", "PolicyNames", UserName=name))
    user["MFADevices"] = list(pages("list_mfa_devices", "MFADevices", UserName=name))
    user["AccessKeys"] = list(pages("list_access_keys", "AccessKeyMetadata", UserName=name))
    for key in user["AccessKeys"]:
        key["LastUsed"] = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
    user["Tags"] = list(pages("list_user_tags", "Tags", UserName=name))
    return user


def all_at_once():
    users = {user["UserName"]: user for user in pages("list_users", "Users")}
    for page in iam.get_paginator("get_account_authorization_details").paginate():
        for user in page["UserDetailList"]:
            users[user["UserName"]].update(user)
    while iam.generate_credential_report()["State"] != "COMPLETE":
        time.sleep(0.1)
    report = iam.get_credential_report()["Content"].decode()
    for row in csv.DictReader(io.StringIO(report)):
        if row["user"] in users:
            users[row["user"]]["CredentialReport"] = row
            if row["mfa_active"] == "true":
                users[row["user"]]["MFADevices"] = list(pages("list_mfa_devices", "MFADevices", UserName=row["user"]))
    return list(users.values())


users = [one_by_one(user) for user in pages("list_users", "Users")] if how == "usual" else all_at_once()
print(json.dumps(users, default=str))
