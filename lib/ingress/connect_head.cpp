#include "ingress/connect_head.hpp"

#include <openssl/evp.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "http/authority.hpp"
#include "http/refusal.hpp"

namespace ferrotunnel::ingress {
namespace {

constexpr std::string_view basic = "basic ";
constexpr std::size_t encoded_max = 1'024;  // a token has 52 characters; this limits the decoder's work

std::optional<std::string> decoded(std::string_view text) {
    if (text.empty() || text.size() > encoded_max || text.size() % 4 != 0) {
        return std::nullopt;
    }
    std::vector<unsigned char> bytes(text.size() / 4 * 3);
    const int size = EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    if (size < 0 || static_cast<std::size_t>(size) < padding) {
        return std::nullopt;
    }
    return std::string(bytes.begin(), bytes.begin() + (size - static_cast<std::ptrdiff_t>(padding)));
}

// The password of a field's value; empty if there is none that can be read.
std::string password_of(std::string_view value) {
    if (value.size() <= basic.size() || !http::same_text(value.substr(0, basic.size()), basic)) {
        return {};
    }
    const std::size_t begin = value.find_first_not_of(' ', basic.size());
    const std::optional<std::string> both =
        begin == std::string_view::npos ? std::nullopt : decoded(value.substr(begin));
    const std::size_t colon = both ? both->find(':') : std::string::npos;
    return colon == std::string::npos ? std::string() : both->substr(colon + 1);
}

}  // namespace

ConnectRequest read_connect(const http::RequestHead& head) {
    ConnectRequest ask;
    http::HostBuffer room;
    ask.host = http::normal_host(head.authority, room);
    if (head.fields.count(http::FieldName::proxy_authorization) == 1) {
        ask.password = password_of(*head.fields.first(http::FieldName::proxy_authorization));
    }
    return ask;
}

std::string written_refusal(std::uint16_t status, std::string_view sentence) {
    std::string answer = "HTTP/1.1 " + std::to_string(status) + ' ' + std::string(http::reason_of(status)) + "\r\n";
    if (status == 407) {
        answer += "Proxy-Authenticate: Basic realm=\"a token of this server\"\r\n";
    }
    if (status == 405) {
        answer += "Allow: CONNECT\r\n";
    }
    answer += "Content-Type: text/plain; charset=utf-8\r\nContent-Length: " + std::to_string(sentence.size() + 1) +
              "\r\nConnection: close\r\n\r\n";
    answer += sentence;
    answer += '\n';
    return answer;
}

}  // namespace ferrotunnel::ingress
