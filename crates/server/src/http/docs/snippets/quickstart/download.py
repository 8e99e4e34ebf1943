import os
import urllib.request

urllib.request.urlretrieve(os.environ["RESULT_URL"], "boat.mp4")
