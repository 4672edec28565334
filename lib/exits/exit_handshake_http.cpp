// The HTTP part of a handshake.
#include <algorithm>
#include <optional>
#include <vector>

#include "base/base64url.hpp"
#include "exits/exit_handshake.hpp"
#include "exits/limits.hpp"
#include "http/field_name.hpp"
#include "http/refusal.hpp"

namespace ferrotunnel::exits {
namespace {

constexpr std::string_view basic = "basic ";
constexpr std::string_view scheme = "http://";

// Base64 as in RFC 4648, section 4.
std::optional<std::string> decoded(std::string_view text) {
    if (text.empty() || text.size() % 4 != 0 || text.size() > 4 * limits::exit_login_max) {
        return std::nullopt;
    }
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    std::string url(text.substr(0, text.size() - padding));
    if (url.find_first_of("-_") != std::string::npos) {
        return std::nullopt;
    }
    std::replace(url.begin(), url.end(), '+', '-');
    std::replace(url.begin(), url.end(), '/', '_');
    std::string bytes(text.size() / 4 * 3 - padding, '\0');
    const MutableBytes room(reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size());
    return decode_base64url(url, room) ? std::optional<std::string>(std::move(bytes)) : std::nullopt;
}

bool is_name_among(std::string_view name, const std::vector<std::string_view>& names) {
    return std::any_of(names.begin(), names.end(), [name](std::string_view one) { return http::same_text(one, name); });
}

// The names in a list like "close, X-Hop".
void add_listed(std::string_view list, std::vector<std::string_view>& names) {
    while (!list.empty()) {
        std::string_view one = list.substr(0, list.find(','));
        list.remove_prefix(std::min(list.size(), one.size() + 1));
        one.remove_prefix(std::min(one.size(), one.find_first_not_of(" \t")));
        one = one.substr(0, one.find_last_not_of(" \t") + 1);
        // Fields that frame the body are never left out, whatever the visitor lists.
        if (!one.empty() && !is_name_among(one, {"content-length", "transfer-encoding"})) {
            names.push_back(one);
        }
    }
}

}  // namespace

bool ExitHandshake::read_head() {
    switch (parser_.parse(input_)) {
        case http::ParseState::more:
            return false;
        case http::ParseState::refused:
            return refuse_http(parser_.refusal().status, parser_.refusal().text);
        case http::ParseState::complete:
            break;
    }
    const http::RequestHead& head = parser_.head();
    const std::string_view text = std::string_view(input_).substr(0, parser_.size());
    if (!is_logged_in(head)) {
        return refuse_http(407, wrong_login_ ? "Wrong user name or password." : "This exit requires a login.");
    }
    std::string_view host = head.authority.host;
    if (host.starts_with('[')) {
        host = host.substr(1, host.size() - 2);
    }
    std::uint16_t port = head.authority.port;
    if (head.method != http::Method::connect) {
        const std::size_t target = text.find(' ') + 1;
        if (!http::same_text(text.substr(target, scheme.size()), scheme)) {
            return refuse_http(501, "This is a proxy. It accepts CONNECT and requests for http:// URLs.");
        }
        is_tunnel_ = false;
        port = port == 0 ? 80 : port;
        write_request(head, text);
    }
    if (!ask(std::string(host), port)) {
        preamble_.clear();
        return false;
    }
    input_.erase(0, parser_.size());
    return true;
}

bool ExitHandshake::is_logged_in(const http::RequestHead& head) {
    if (users_.empty()) {
        return true;
    }
    if (head.fields.count(http::FieldName::proxy_authorization) != 1) {
        return false;
    }
    std::string_view value = *head.fields.first(http::FieldName::proxy_authorization);
    if (value.size() <= basic.size() || !http::same_text(value.substr(0, basic.size()), basic)) {
        return false;
    }
    value.remove_prefix(std::min(value.find_first_not_of(' ', basic.size()), value.size()));
    const std::optional<std::string> both = decoded(value);
    const std::size_t colon = both ? both->find(':') : std::string::npos;
    wrong_login_ = colon == std::string::npos || !is_login(users_, std::string_view(*both).substr(0, colon),
                                                           std::string_view(*both).substr(colon + 1));
    return !wrong_login_;
}

// The parser has accepted the head, so its lines can be trusted.
void ExitHandshake::write_request(const http::RequestHead& head, std::string_view text) {
    text.remove_prefix(text.find_first_not_of("\r\n"));
    const std::size_t line_end = text.find('\n');
    const std::string_view line = text.substr(0, text.find_last_not_of("\r\n", line_end) + 1);
    const std::size_t target = line.find(' ') + 1;
    const std::size_t target_end = line.rfind(' ');
    const std::string_view url = line.substr(target + scheme.size(), target_end - target - scheme.size());
    const std::string_view path = url.substr(std::min(url.size(), url.find_first_of("/?")));
    preamble_ = std::string(line.substr(0, target)) + (path.starts_with('/') ? "" : "/") + std::string(path) +
                std::string(line.substr(target_end)) + "\r\nHost: " + std::string(head.authority_text) + "\r\n";
    std::vector<std::string_view> left_out{
        "host", "connection", "keep-alive", "proxy-connection", "proxy-authorization", "te", "upgrade"};
    const std::string_view lines = text.substr(line_end + 1);
    const auto visit = [lines](const auto& use) {
        for (std::string_view rest = lines; !rest.empty();) {
            const std::string_view one = rest.substr(0, rest.find('\n'));
            rest.remove_prefix(std::min(rest.size(), one.size() + 1));
            const std::string_view field = one.substr(0, one.find_last_not_of('\r') + 1);
            if (const std::size_t colon = field.find(':'); colon != std::string_view::npos) {
                use(field, field.substr(0, colon), field.substr(colon + 1));
            }
        }
    };
    visit([&](std::string_view, std::string_view name, std::string_view value) {
        if (http::same_text(name, "connection")) {
            add_listed(value, left_out);
        }
    });
    visit([&](std::string_view field, std::string_view name, std::string_view) {
        if (!is_name_among(name, left_out)) {
            preamble_ += std::string(field) + "\r\n";
        }
    });
    preamble_ += "Connection: close\r\n\r\n";
}

bool ExitHandshake::refuse_http(unsigned status, std::string_view sentence) {
    output_ += "HTTP/1.1 " + std::to_string(status) + ' ' +
               std::string(http::reason_of(static_cast<std::uint16_t>(status))) + "\r\n";
    if (status == 407) {
        output_ += "Proxy-Authenticate: Basic realm=\"exit\", charset=\"UTF-8\"\r\n";
    }
    output_ += "Content-Type: text/plain; charset=utf-8\r\nContent-Length: " + std::to_string(sentence.size() + 1) +
               "\r\nConnection: close\r\n\r\n";
    output_ += sentence;
    output_ += '\n';
    return end(sentence);
}

}  // namespace ferrotunnel::exits
