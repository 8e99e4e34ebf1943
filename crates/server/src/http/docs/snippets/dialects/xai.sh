curl http://127.0.0.1:8080/v1/videos/generations \
  -H "Authorization: Bearer $RUSHES_API_KEY" \
  -H "Content-Type: application/json" \
  -d '{
    "model": "grok-imagine-video",
    "prompt": "A kite over the dunes",
    "duration": 4,
    "aspect_ratio": "16:9",
    "resolution": "720p"
  }'
