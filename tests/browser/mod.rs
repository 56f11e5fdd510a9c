//! Tests in a real Chromium, driven through chromedriver. `tests/run` installs both.

mod smoke;
