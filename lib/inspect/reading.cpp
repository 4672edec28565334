#include "inspect/reading.hpp"

#include <algorithm>
#include <array>

#include "ferrotunnel/detail/shell_text.hpp"
#include "ferrotunnel/detail/shown_text.hpp"
#include "http/field_name.hpp"
#include "inspect/content_coding.hpp"
#include "inspect/limits.hpp"

namespace ferrotunnel::inspect {
namespace {

using ferrotunnel::detail::in_shell_quotes;

std::string_view word_of(std::string_view line, std::size_t index) {
    for (; index > 0; --index) {
        const std::size_t blank = line.find(' ');
        if (blank == std::string_view::npos) {
            return {};
        }
        line.remove_prefix(blank + 1);
    }
    return line.substr(0, line.find(' '));
}

std::string_view first_line(std::string_view head) {
    return head.substr(0, head.find_first_of("\r\n"));
}

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool contains(std::string_view text, std::string_view part) {
    return std::search(text.begin(), text.end(), part.begin(), part.end(),
                       [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

bool half_contains(const RecordedMessage& half, std::string_view text) {
    if (contains(half.head, text) || contains(half.body, text)) {
        return true;
    }
    const bool is_coded = !half.decoded && !HeadView(half.head).value("Content-Encoding").empty();
    const std::optional<std::string> plain = is_coded ? plain_body(half) : std::nullopt;
    return plain && contains(*plain, text);
}

bool has_text(const Exchange& exchange, std::string_view text) {
    return half_contains(exchange.request, text) || half_contains(exchange.answer, text) ||
           std::any_of(exchange.messages.begin(), exchange.messages.end(),
                       [&](const Message& message) { return contains(message.text, text); });
}

bool status_fits(unsigned status, std::string_view wanted) {
    const std::string text = std::to_string(status);
    return wanted.size() == text.size() &&
           std::equal(wanted.begin(), wanted.end(), text.begin(),
                      [](char want, char is) { return lower(want) == 'x' || want == is; });
}

// Whether a text can be part of a command unchanged, which a terminal shows.
bool is_shown_text(std::string_view text) {
    while (!text.empty()) {
        const bool is_blank = text.front() == '\n' || text.front() == '\t';
        const std::size_t length = is_blank ? 1 : ferrotunnel::detail::shown_length(text);
        if (length == 0) {
            return false;
        }
        text.remove_prefix(length);
    }
    return true;
}

// Fields that curl, or the edge on the way, makes again.
bool is_made_anew(std::string_view name) {
    static constexpr std::array<std::string_view, 10> names{
        "Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive",
        "Via",  "Forwarded",      "Accept-Encoding",   "Expect",     "X-Request-Id"};
    return std::any_of(names.begin(), names.end(), [&](std::string_view one) { return http::same_text(one, name); }) ||
           http::same_text(name.substr(0, 12), "X-Forwarded-");
}

}  // namespace

HeadView::HeadView(std::string_view head) : line(first_line(head)) {
    std::size_t at = head.find('\n');
    while (at != std::string_view::npos && at + 1 < head.size()) {
        const std::size_t end = head.find('\n', at + 1);
        std::string_view one =
            head.substr(at + 1, end == std::string_view::npos ? std::string_view::npos : end - at - 1);
        at = end;
        if (one.ends_with('\r')) {
            one.remove_suffix(1);
        }
        const std::size_t colon = one.find(':');
        if (colon == std::string_view::npos) {
            continue;
        }
        std::string_view text = one.substr(colon + 1);
        text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
        text = text.substr(0, text.find_last_not_of(" \t") + 1);
        fields.emplace_back(one.substr(0, colon), text);
    }
}

std::string_view HeadView::value(std::string_view name) const {
    for (const auto& [field, text] : fields) {
        if (http::same_text(field, name)) {
            return text;
        }
    }
    return {};
}

std::string_view method_of(const Exchange& exchange) {
    return word_of(first_line(exchange.request.head), 0);
}

std::string_view target_of(const Exchange& exchange) {
    return word_of(first_line(exchange.request.head), 1);
}

unsigned status_of(const Exchange& exchange) {
    if (exchange.answer.head.empty()) {
        return exchange.edge_status;
    }
    unsigned status = 0;
    for (const char c : word_of(first_line(exchange.answer.head), 1).substr(0, 3)) {
        status = status * 10 + static_cast<unsigned>(c - '0');
    }
    return status;
}

std::string problem_of(const Exchange& exchange) {
    const auto with_reason = [&](std::string text) {
        return exchange.why.empty() ? text : text.append(": ").append(exchange.why);
    };
    switch (exchange.state) {
        case Exchange::State::under_way:
        case Exchange::State::complete:
            break;
        case Exchange::State::visitor_left:
            return with_reason("the visitor closed the connection");
        case Exchange::State::backend_left:
            return with_reason("the backend closed the connection");
        case Exchange::State::not_http:
            return with_reason("not HTTP");
        case Exchange::State::lost:
            return with_reason("the backend was not reached");
    }
    return {};
}

std::string visitor_of(const Exchange& exchange) {
    if (!exchange.visitor.empty()) {
        return exchange.visitor;
    }
    const HeadView head(exchange.request.head);
    const std::string_view list = head.value("X-Forwarded-For");
    return std::string(list.substr(0, list.find(',')));
}

std::string url_of(const Exchange& exchange) {
    const HeadView head(exchange.request.head);
    const std::string_view target = target_of(exchange);
    if (!target.starts_with('/')) {
        return std::string(target);
    }
    const std::string_view scheme = head.value("X-Forwarded-Proto");
    const std::string_view asked = head.value("X-Forwarded-Host");
    std::string url(scheme.empty() ? "http" : scheme);
    return url.append("://").append(asked.empty() ? head.value("Host") : asked).append(target);
}

std::optional<std::string> plain_body(const RecordedMessage& half) {
    const HeadView head(half.head);
    const std::string_view codings = half.decoded ? std::string_view() : head.value("Content-Encoding");
    return decoded(half.body, codings, limits::inspect_decoded_max);
}

bool matches(const Exchange& exchange, const Filter& filter) {
    return (filter.method.empty() || http::same_text(method_of(exchange), filter.method)) &&
           (filter.status.empty() || status_fits(status_of(exchange), filter.status)) &&
           (filter.path.empty() || target_of(exchange).find(filter.path) != std::string_view::npos) &&
           (filter.service.empty() || exchange.service == filter.service) &&
           (filter.text.empty() || has_text(exchange, filter.text));
}

std::optional<std::string> curl_command(const Exchange& exchange) {
    const RecordedMessage& request = exchange.request;
    if (exchange.kind != Exchange::Kind::http || request.head.empty() || request.cut || request.dropped ||
        !request.complete) {
        return std::nullopt;
    }
    const HeadView head(request.head);
    const bool is_text = is_shown_text(request.body);
    std::string command = is_text ? "" : "printf %s " + in_shell_quotes(base64(request.body)) + " | base64 -d | ";
    // By default, curl expands brackets in a URL to several URLs, and removes dot segments from its path.
    command += "curl --globoff --path-as-is";
    const std::string_view method = method_of(exchange);
    if (method == "HEAD") {
        command += " --head";
    } else if (method != (request.body.empty() ? "GET" : "POST")) {
        command += " -X " + in_shell_quotes(method);
    }
    command += " " + in_shell_quotes(url_of(exchange));
    for (const auto& [name, value] : head.fields) {
        const bool is_lost_coding = request.decoded && http::same_text(name, "Content-Encoding");
        if (!is_made_anew(name) && !is_lost_coding) {
            command += " -H " + in_shell_quotes(std::string(name).append(value.empty() ? ";" : ": ").append(value));
        }
    }
    if (!head.value("Accept-Encoding").empty()) {
        command += " --compressed";
    }
    if (!request.body.empty()) {
        // Otherwise curl declares it as a form.
        command += head.value("Content-Type").empty() ? " -H 'Content-Type:'" : "";
        command += is_text ? " --data-raw " + in_shell_quotes(request.body) : " --data-binary @-";
    }
    return command;
}

std::string base64(std::string_view bytes) {
    static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t size = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group = group << 8U | (k < size ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            text += k <= size ? digits[group >> (18U - 6U * k) & 63U] : '=';
        }
    }
    return text;
}

}  // namespace ferrotunnel::inspect
