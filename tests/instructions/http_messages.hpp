// Messages as programs send them, for what is counted and measured.
#pragma once

#include <string_view>

namespace ferrotunnel::instructions {

/// What a load generator sends.
inline constexpr std::string_view small_request = "GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n";

/// A page loaded by a browser: 16 fields, 1 KiB, a cookie among them.
inline constexpr std::string_view browser_request =
    "GET /articles/2026/11/how-tunnels-work?utm_source=newsletter&utm_medium=email HTTP/1.1\r\n"
    "Host: app.example.com\r\n"
    "Connection: keep-alive\r\n"
    "sec-ch-ua: \"Chromium\";v=\"130\", \"Google Chrome\";v=\"130\", \"Not?A_Brand\";v=\"99\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 "
    "Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-User: ?1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Referer: https://app.example.com/articles/\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en-US;q=0.9,en;q=0.8,de;q=0.7\r\n"
    "Cookie: session=9f1c2d3e4b5a69788796a5b4c3d2e1f0; theme=dark; consent=1; _ga=GA1.2.1234567890.1700000000\r\n"
    "\r\n";

inline constexpr std::string_view usual_response =
    "HTTP/1.1 200 OK\r\n"
    "Date: Fri, 20 Nov 2026 12:00:00 GMT\r\n"
    "Server: nginx\r\n"
    "Content-Type: text/html; charset=utf-8\r\n"
    "Content-Length: 5120\r\n"
    "Cache-Control: private, max-age=0\r\n"
    "Set-Cookie: session=9f1c2d3e4b5a69788796a5b4c3d2e1f0; Path=/; HttpOnly; Secure\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Vary: Accept-Encoding\r\n"
    "\r\n";

}  // namespace ferrotunnel::instructions
