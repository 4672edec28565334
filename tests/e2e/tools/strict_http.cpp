#include "strict_http.hpp"

#include <algorithm>
#include <cctype>

namespace e2e {
namespace {

constexpr std::string_view token_marks = "!#$%&'*+-.^_`|~";

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || token_marks.find(static_cast<char>(c)) != std::string_view::npos;
    });
}

bool is_target(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

bool is_value(std::string_view text) {
    const bool trimmed =
        text.empty() || (text.front() != ' ' && text.front() != '\t' && text.back() != ' ' && text.back() != '\t');
    return trimmed &&
           std::all_of(text.begin(), text.end(), [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); });
}

bool are_digits(std::string_view text) {
    return !text.empty() && text.size() <= 19 &&
           std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// The lines of `text`, without the CR LF that ends each of them.
std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = text.find("\r\n");
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end + 2);
    }
    return lines;
}

/// False when it is no "Name: value".
bool add_field(const std::string& line, std::vector<std::pair<std::string, std::string>>& fields) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) {
        return false;
    }
    fields.emplace_back(lower(line.substr(0, colon)), line.substr(colon + 2));
    return is_token(fields.back().first) && is_value(fields.back().second);
}

}  // namespace

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

std::size_t StrictMessage::count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::count_if(fields.begin(), fields.end(), [&](const auto& field) { return field.first == name; }));
}

std::string StrictMessage::value(std::string_view name) const {
    for (const auto& [each, value] : fields) {
        if (each == name) {
            return value;
        }
    }
    return {};
}

int StrictMessage::status() const {
    return words.size() > 1 ? std::stoi(words[1]) : 0;
}

Reading StrictReader::bad(std::string what) {
    why_ = std::move(what);
    return Reading::malformed;
}

Reading StrictReader::head(StrictMessage& message) {
    message = {};
    if (stream_.is_empty() && !stream_.more()) {
        return Reading::none;
    }
    message.head = stream_.until("\r\n\r\n");
    if (message.head.empty()) {
        message.head = stream_.rest();
        return Reading::cut;
    }
    std::vector<std::string> lines = lines_of(message.head.substr(0, message.head.size() - 2));
    for (const std::string& line : lines) {
        if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
            return bad("a control character in " + line);
        }
    }
    for (std::size_t i = 1; i < lines.size(); ++i) {
        if (!add_field(lines[i], message.fields)) {
            return bad("no field: " + lines[i]);
        }
    }
    // Three words; the third one may be a reason, with blanks in it.
    const std::string& first = lines.front();
    const std::size_t one = first.find(' ');
    const std::size_t two = one == std::string::npos ? one : first.find(' ', one + 1);
    if (two == std::string::npos) {
        return bad("a first line of less than three words: " + first);
    }
    message.words = {first.substr(0, one), first.substr(one + 1, two - one - 1), first.substr(two + 1)};
    if (message.count("content-length") > 1 || message.count("transfer-encoding") > 1) {
        return bad("framing twice");
    }
    if (message.count("content-length") + message.count("transfer-encoding") > 1) {
        return bad("both framings");
    }
    if (message.count("content-length") == 1 && !are_digits(message.value("content-length"))) {
        return bad("a length that is none: " + message.value("content-length"));
    }
    if (message.count("transfer-encoding") == 1 && message.value("transfer-encoding") != "chunked") {
        return bad("another encoding: " + message.value("transfer-encoding"));
    }
    return Reading::complete;
}

Reading StrictReader::head_of_request(StrictMessage& message) {
    const Reading reading = head(message);
    if (reading != Reading::complete) {
        return reading;
    }
    if (!is_token(message.words[0]) || !is_target(message.words[1]) || message.words[2] != "HTTP/1.1") {
        return bad("no request line: " + message.head.substr(0, message.head.find('\r')));
    }
    if (message.count("host") != 1) {
        return bad("not one Host");
    }
    for (const auto& [name, value] : message.fields) {
        if (name == "connection" && lower(value) != "te" && lower(value) != "upgrade") {
            return bad("Connection: " + value);
        }
    }
    return Reading::complete;
}

Reading StrictReader::head_of_response(StrictMessage& message) {
    const Reading reading = head(message);
    if (reading != Reading::complete) {
        return reading;
    }
    const std::string& status = message.words[1];
    if (message.words[0] != "HTTP/1.1" || !are_digits(status) || status.size() != 3 || status < "100" ||
        status > "599") {
        return bad("no status line: " + message.head.substr(0, message.head.find('\r')));
    }
    return Reading::complete;
}

Reading StrictReader::body_of_request(StrictMessage& message) {
    bool framed = false;
    return framed_body(message, framed);  // without framing there is none
}

Reading StrictReader::body_of_response(StrictMessage& message, std::string_view method) {
    const int status = message.status();
    if (method == "HEAD" || status < 200 || status == 204 || status == 304) {
        return Reading::complete;
    }
    bool framed = false;
    const Reading reading = framed_body(message, framed);
    if (framed) {
        return reading;
    }
    while (stream_.more()) {
    }
    message.body = stream_.rest();
    return stream_.ending() == Ending::eof ? Reading::complete : Reading::cut;
}

Reading StrictReader::framed_body(StrictMessage& message, bool& framed) {
    framed = true;
    if (message.count("transfer-encoding") == 1) {
        return chunks(message);
    }
    if (message.count("content-length") == 1) {
        if (!stream_.exactly(parse_number(message.value("content-length")), message.body)) {
            message.body = stream_.rest();
            return Reading::cut;
        }
        return Reading::complete;
    }
    framed = false;
    return Reading::complete;
}

Reading StrictReader::chunks(StrictMessage& message) {
    while (true) {
        const std::string line = stream_.until("\r\n");
        if (line.empty()) {
            return Reading::cut;
        }
        const std::string size_text = line.substr(0, line.size() - 2);
        if (size_text.empty() || size_text.size() > 15 ||
            size_text.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
            return bad("no chunk size: " + size_text);
        }
        const std::size_t size = std::stoull(size_text, nullptr, 16);
        if (size == 0) {
            break;
        }
        std::string chunk;
        if (!stream_.exactly(size + 2, chunk)) {
            return Reading::cut;
        }
        if (!chunk.ends_with("\r\n")) {
            return bad("a chunk without its end");
        }
        message.body.append(chunk, 0, size);
    }
    while (true) {
        const std::string line = stream_.until("\r\n");
        if (line.empty()) {
            return Reading::cut;
        }
        if (line == "\r\n") {
            return Reading::complete;
        }
        std::vector<std::pair<std::string, std::string>> fields;
        if (line.find('\n') + 1 != line.size() || !add_field(line.substr(0, line.size() - 2), fields)) {
            return bad("no trailer: " + line);
        }
        message.trailers += line;
    }
}

}  // namespace e2e
