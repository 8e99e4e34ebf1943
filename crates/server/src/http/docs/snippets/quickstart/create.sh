curl http://127.0.0.1:8080/v1/video/generations \
  -H "Authorization: Bearer $RUSHES_API_KEY" \
  -H "Content-Type: application/json" \
  -d '{
    "model": "grok-image-video",
    "prompt": "A paper boat on a misty lake at dawn",
    "seconds": 6,
    "aspect_ratio": "16:9",
    "resolution": "720p"
  }'
