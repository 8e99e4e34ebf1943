order() {
  curl -sS http://127.0.0.1:8080/v1/video/generations \
    -H "Authorization: Bearer $RUSHES_API_KEY" \
    -H "Content-Type: application/json" \
    -H "Idempotency-Key: order-1842" \
    -d '{"model": "grok-image-video", "prompt": "A kite over the dunes", "seconds": 4}'
  echo
}
order
order
