curl -L -o "grok_video_$(date +%s).mp4" "$result_url"
