#!/bin/sh
# Bring a person, a list and a message by HTTP, ask for approval, and read the status.
# Needs curl; LISTGATE_URL and LISTGATE_TOKEN are in the environment.
set -eu

# call METHOD PATH KEY JSON: a call that is repeated has the same key, and one effect.
call() {
  curl --silent --show-error --fail-with-body --retry 5 --request "$1" "$LISTGATE_URL/api/v1$2" \
    --header "Authorization: Bearer $LISTGATE_TOKEN" --header "Idempotency-Key: $3" \
    --header 'Content-Type: application/json' --data "$4"
  echo
}

call POST /people add-9 '{"address": "grace@shell.example", "name": "Grace Hopper",
  "external_id": "9", "roles": ["author"]}'
call POST /lists create-shell '{"short_name": "shell", "address": "shell@lists.example",
  "name": "Shells"}'
call PUT /lists/shell/approvers assign-shell '{"approver_list": "editors"}'
call PUT /lists/shell/subscribers/external:9 join-9 '{}'
asked=$(call POST /messages submit-1 '{"list": "shell", "author_id": "external:9",
  "subject": "Shells", "text": "On the beach."}')
echo "$asked"

message=$(expr "$asked" : '.*"message_id": *\([0-9]*\)')
curl --silent --show-error --fail-with-body "$LISTGATE_URL/api/v1/messages/$message" \
  --header "Authorization: Bearer $LISTGATE_TOKEN"
echo
