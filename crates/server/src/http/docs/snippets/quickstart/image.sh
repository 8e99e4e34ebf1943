curl http://127.0.0.1:8080/v1/video/generations \
  -H "Authorization: Bearer $RUSHES_API_KEY" \
  -F model=grok-image-video \
  -F prompt="The camera moves slowly towards it" \
  -F image=@photo.png
