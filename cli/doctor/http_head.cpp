#include "doctor/http_head.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "doctor/limits.hpp"
#include "doctor/socket.hpp"

namespace ferrotunnel::cli::doctor {
namespace {

constexpr std::string_view head_end = "\r\n\r\n";

// The value of a field of the head; empty if there is none.
std::string_view field_of(std::string_view head, std::string_view name) {
    while (!head.empty()) {
        const std::size_t end = std::min(head.find("\r\n"), head.size());
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(std::min(end + 2, head.size()));
        const bool fits = line.size() > name.size() && line[name.size()] == ':' &&
                          std::ranges::equal(line.substr(0, name.size()), name, [](unsigned char a, unsigned char b) {
                              return std::tolower(a) == std::tolower(b);
                          });
        if (fits) {
            const std::size_t begin = line.find_first_not_of(' ', name.size() + 1);
            return begin == std::string_view::npos ? std::string_view() : line.substr(begin);
        }
    }
    return {};
}

std::optional<std::time_t> time_of_field(std::string_view date) {
    std::tm parts{};
    const std::string text(date);
    return ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) != nullptr ? std::optional(::timegm(&parts))
                                                                                    : std::nullopt;
}

std::string in_base64(const std::string& text) {
    std::string encoded(4 * ((text.size() + 2) / 3) + 1, '\0');
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    encoded.resize(static_cast<std::size_t>(size));
    return encoded;
}

}  // namespace

HttpAnswer parse_answer(std::string_view text, std::time_t now) {
    HttpAnswer answer;
    const std::size_t end = text.find(head_end);
    if (!text.starts_with("HTTP/1.") || text.size() < 12 || end == std::string_view::npos) {
        return answer;
    }
    std::from_chars(text.data() + 9, text.data() + 12, answer.status);
    answer.head = text.substr(0, end);
    answer.body = text.substr(end + head_end.size());
    if (const auto date = time_of_field(field_of(answer.head, "date"))) {
        answer.clock_ahead = static_cast<long>(now - *date);
    }
    return answer;
}

HttpAnswer get(const HttpWay& way, const std::string& host, const std::string& path) {
    std::string text;
    if (way.send(fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: ferrotunnel-doctor\r\n"
                             "Connection: close\r\n\r\n",
                             path, host))) {
        while (text.size() < message_bytes_max && way.receive(text)) {
        }
    }
    return parse_answer(text, std::time(nullptr));
}

HttpAnswer connect_through(int socket, const std::string& place, const std::string& login, Deadline deadline) {
    const std::string proof = login.empty() ? "" : fmt::format("Proxy-Authorization: Basic {}\r\n", in_base64(login));
    std::string text;
    if (send_all(socket, fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n{1}\r\n", place, proof), deadline)) {
        // The server behind the proxy waits for the client, so nothing follows the head.
        while (text.size() < message_bytes_max && text.find(head_end) == std::string::npos &&
               receive_some(socket, text, deadline)) {
        }
    }
    return parse_answer(text, std::time(nullptr));
}

}  // namespace ferrotunnel::cli::doctor
