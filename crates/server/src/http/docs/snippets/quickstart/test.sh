curl http://127.0.0.1:8080/v1/video/generations \
  -H "Authorization: Bearer $RUSHES_API_KEY" \
  -H "Content-Type: application/json" \
  -d '{
    "model": "grok-image-video",
    "prompt": "A clapperboard [[delay: 2s]] [[fail: the lamp went out]]"
  }'
