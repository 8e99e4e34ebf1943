curl http://127.0.0.1:8080/api/webhooks \
  -H "Authorization: Bearer $RUSHES_MANAGE_KEY" \
  -H "Content-Type: application/json" \
  -d @- <<JSON
{
  "url": "$WEBHOOK_URL",
  "event_types": ["video.completed", "video.failed"]
}
JSON
