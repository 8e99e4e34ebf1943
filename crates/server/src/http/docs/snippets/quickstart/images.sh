curl http://127.0.0.1:8080/v1/video/generations \
  -H "Authorization: Bearer $RUSHES_API_KEY" \
  -F model=grok-image-video \
  -F prompt="A day in the harbour, from the first picture to the last" \
  -F seconds=8 \
  -F reference_images=@morning.png \
  -F reference_images=@noon.png \
  -F reference_images=@evening.png
