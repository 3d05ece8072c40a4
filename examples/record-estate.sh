#!/usr/bin/env bash
# Records one AWS account as an estate that Provost reads offline: a folder of what the AWS CLI printed.
# It only reads. It needs bash and version 2 of the AWS CLI, and nothing else.
# docs/guides/record-an-estate.md explains the layout, the permissions and what the recording contains.
set -u

usage() {
  cat <<'USAGE'
usage: record-estate.sh OUT_DIR [REGION...]

Records the account that the AWS CLI is signed in to, into OUT_DIR/<account>.
Without regions it records every enabled one. Run it once for each account, into the same OUT_DIR:

  AWS_PROFILE=production  ./record-estate.sh estate
  AWS_PROFILE=development ./record-estate.sh estate eu-central-1 us-east-1
USAGE
}

say() { printf '%s\n' "$*" >&2; }

die() {
  say "record-estate: $*"
  exit 2
}

# A subject as a file name: what would mean a path is written %XX.
file_name() {
  local name=$1
  name=${name//\%/%25}
  name=${name//\//%2F}
  name=${name//\\/%5C}
  case $name in
    . | ..) name=${name//./%2E} ;;
  esac
  printf '%s' "$name"
}

# record ACCOUNT/REGION SERVICE OPERATION SUBJECT [ARGUMENT...]
#
# Asks once and keeps what the CLI printed: <operation>.json for an answer, <operation>.err for an error, or
# <operation>/<subject> for a call about one thing. SUBJECT is - for a call about no single thing.
record() {
  local place=$1 service=$2 operation=$3 subject=$4
  shift 4
  local region=${place#*/}
  if [ "$region" = global ]; then
    region=$home_region
  fi
  local base="$out/$place/$service/$operation" call="$service $operation"
  if [ "$subject" != - ]; then
    base="$base/$(file_name "$subject")"
    call="$call $subject"
  fi
  mkdir -p "${base%/*}" || die "cannot make the folder ${base%/*}"
  # Written beside and renamed at the end: an empty answer is a fact for some calls, so a call that was
  # interrupted must not leave one behind.
  if aws "$service" "$operation" "$@" --region "$region" --output json --no-cli-pager \
    </dev/null >"$base.json.part" 2>"$base.err.part"; then
    mv "$base.json.part" "$base.json"
    rm -f "$base.err.part"
    answers=$((answers + 1))
  else
    mv "$base.err.part" "$base.err"
    rm -f "$base.json.part"
    errors=$((errors + 1))
    say "  $place: $call: $(grep -m 1 . "$base.err" | cut -c 1-120)"
  fi
}

# names REGION SERVICE OPERATION QUERY [ARGUMENT...]: one name a line; nothing when the call is refused.
names() {
  local region=$1 service=$2 operation=$3 query=$4
  shift 4
  aws "$service" "$operation" "$@" --query "$query" --region "$region" --output text --no-cli-pager \
    </dev/null 2>/dev/null | tr '\t' '\n' | grep -v -x -e None -e ''
}

# IAM makes the report on request, which takes some seconds, and hands out one that is up to four hours old.
make_credential_report() {
  local attempt state
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    state=$(aws iam generate-credential-report --query State --region "$home_region" --output text \
      --no-cli-pager </dev/null 2>/dev/null) || break
    if [ "$state" = COMPLETE ]; then
      return
    fi
    if [ "$attempt" -lt 10 ]; then
      sleep "$wait_seconds"
    fi
  done
  say "  no new credential report could be made; an earlier one is recorded if IAM still has it"
}

record_global() {
  local place=$account/global bucket user
  record "$place" ec2 describe-regions -

  record "$place" iam get-account-authorization-details -
  record "$place" iam list-users -
  while IFS= read -r user; do
    record "$place" iam list-mfa-devices "$user" --user-name "$user"
  done < <(names "$home_region" iam list-users 'Users[].UserName')
  record "$place" iam get-account-summary -
  record "$place" iam get-account-password-policy -
  make_credential_report
  record "$place" iam get-credential-report -

  record "$place" s3control get-public-access-block - --account-id "$account"
  record "$place" s3api list-buckets -
  while IFS= read -r bucket; do
    record "$place" s3api get-bucket-encryption "$bucket" --bucket "$bucket"
    record "$place" s3api get-public-access-block "$bucket" --bucket "$bucket"
    record "$place" s3api get-bucket-policy-status "$bucket" --bucket "$bucket"
    record "$place" s3api get-bucket-versioning "$bucket" --bucket "$bucket"
    record "$place" s3api get-bucket-logging "$bucket" --bucket "$bucket"
    record "$place" s3api get-bucket-tagging "$bucket" --bucket "$bucket"
  done < <(names "$home_region" s3api list-buckets 'Buckets[].Name')
}

record_region() {
  local region=$1
  local place=$account/$region trail
  record "$place" ec2 describe-instances -
  record "$place" ec2 describe-security-groups -
  record "$place" ec2 describe-volumes -
  record "$place" rds describe-db-instances -
  # Each trail in its home region only, not its shadow in every other one.
  record "$place" cloudtrail describe-trails - --no-include-shadow-trails
  while IFS= read -r trail; do
    record "$place" cloudtrail get-trail-status "$trail" --name "$trail"
  done < <(names "$region" cloudtrail describe-trails 'trailList[].Name' --no-include-shadow-trails)
}

case ${1:-} in
  '')
    usage >&2
    exit 2
    ;;
  -h | --help)
    usage
    exit 0
    ;;
esac
out=${1%/}
shift

case $(aws --version 2>&1) in
  aws-cli/2*) ;;
  *) die 'this needs version 2 of the AWS CLI on the PATH' ;;
esac

# Only the owner may read the recording. Ctrl-C ends the script and not only the call under way.
umask 077
trap 'exit 130' INT TERM
# Errors in the form Provost reads, whatever the CLI's configuration says; and patience when AWS throttles.
export AWS_CLI_ERROR_FORMAT=legacy AWS_CLI_AUTO_PROMPT=off
export AWS_RETRY_MODE=${AWS_RETRY_MODE:-standard} AWS_MAX_ATTEMPTS=${AWS_MAX_ATTEMPTS:-8}

wait_seconds=${RECORD_WAIT_SECONDS:-3}
answers=0
errors=0
home_region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region 2>/dev/null)}}
home_region=${home_region:-${1:-us-east-1}}

account=$(aws sts get-caller-identity --query Account --region "$home_region" --output text --no-cli-pager </dev/null) ||
  die 'the AWS CLI is not signed in (aws sts get-caller-identity failed)'
case $account in
  *[!0-9]* | '') die "\`$account\` is not an account id" ;;
esac
# Answers of different days must not be mixed: a thing that is gone would look as if it were still there.
if [ -e "$out/$account" ]; then
  die "$out/$account is there already; move it away or record into another folder"
fi

if [ $# -gt 0 ]; then
  regions=$(printf '%s\n' "$@")
else
  regions=$(names "$home_region" ec2 describe-regions 'Regions[].RegionName')
  if [ -z "$regions" ]; then
    die 'the regions cannot be listed (ec2 describe-regions); name them behind OUT_DIR'
  fi
fi

mkdir -p "$out" || die "cannot make the folder $out"
# Facts are judged as of this time. With several accounts it is that of the last one.
date -u +%Y-%m-%dT%H:%M:%SZ >"$out/recorded-at"

say "Recording $account ..."
record_global
for region in $regions; do
  say "Recording $account in $region ..."
  record_region "$region"
done

say "Done: $answers answers and $errors errors are in $out/$account."
say 'An error is part of the recording: it may mean "not set", and what it leaves unknown is reported as unknown.'
say "Next: CloudTrail's files go to $out/AWSLogs, then: provost run --estate $out"
