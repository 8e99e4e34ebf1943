curl http://127.0.0.1:8080/v1/video/generations \
  -H "Authorization: Bearer $RUSHES_API_KEY" \
  -H "Content-Type: application/json" \
  -d @- <<JSON
{
  "model": "grok-image-video",
  "prompt": "A red sports car in neon rain",
  "seconds": 4,
  "callback_url": "$CALLBACK_URL"
}
JSON
