curl "http://127.0.0.1:8080/v1/video/generations?status=SUCCESS&limit=20" \
  -H "Authorization: Bearer $RUSHES_API_KEY"
