webhook=http://127.0.0.1:8080/api/webhooks/$WEBHOOK_ID
auth="Authorization: Bearer $RUSHES_MANAGE_KEY"

curl "$webhook/deliveries?status=failed" -H "$auth"

curl "$webhook/replay" -H "$auth" -H "Content-Type: application/json" \
  -d "{\"since\": $(($(date +%s) - 86400))}"
