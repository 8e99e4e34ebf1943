curl -X GET "https://api.constreet.cc/v1/models" \
-H "Authorization: Bearer <YOUR_API_KEY>"
