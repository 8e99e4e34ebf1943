curl -o boat.mp4 "$RESULT_URL"
