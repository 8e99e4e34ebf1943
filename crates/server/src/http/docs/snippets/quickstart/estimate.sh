curl http://127.0.0.1:8080/v1/video/generations/estimate \
  -H "Authorization: Bearer $RUSHES_API_KEY" \
  -H "Content-Type: application/json" \
  -d '{
    "model": "grok-image-video",
    "prompt": "A paper boat on a misty lake at dawn",
    "seconds": 10,
    "resolution": "720p"
  }'
