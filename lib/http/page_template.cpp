#include "base/limits.hpp"
#include "http/page.hpp"

namespace ferrotunnel::http {
namespace {

using Name = PageTemplate::Name;

struct Placeholder {
    std::string_view text;
    Name name;
};
constexpr Placeholder placeholders[] = {
    {"status", Name::status},
    {"title", Name::title},
    {"message", Name::message},
    {"code", Name::code},
    {"host", Name::host},
    {"request_id", Name::request_id},
    {"retry_after", Name::retry_after},
};

Name name_of(std::string_view text) {
    for (const Placeholder& placeholder : placeholders) {
        if (placeholder.text == text) {
            return placeholder.name;
        }
    }
    return Name::none;
}

// Reads the name in "{{ name }}" at the start of `text`; returns the length with the braces, or 0 if there is no name.
std::size_t read_placeholder(std::string_view text, std::string_view& name) {
    const auto is_name = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    std::size_t at = 2;
    const auto skip_blanks = [&] {
        while (at < text.size() && text[at] == ' ') {
            ++at;
        }
    };
    skip_blanks();
    const std::size_t begin = at;
    while (at < text.size() && is_name(text[at])) {
        ++at;
    }
    name = text.substr(begin, at - begin);
    skip_blanks();
    return name.empty() || text.substr(at, 2) != "}}" ? 0 : at + 2;
}

}  // namespace

Result<PageTemplate, Problem> PageTemplate::parse(std::string text, PageFormat format) {
    if (text.size() > limits::http_page_max) {
        return Problem{"is larger than 256 KiB"};
    }
    PageTemplate page;
    page.format_ = format;
    page.text_ = std::move(text);
    const std::string_view all = page.text_;
    Piece piece;
    for (std::size_t at = 0; (at = all.find("{{", at)) != std::string_view::npos;) {
        std::string_view name;
        const std::size_t length = read_placeholder(all.substr(at), name);
        if (length == 0) {
            ++at;
            continue;
        }
        piece.end = at;
        piece.then = name_of(name);
        if (piece.then == Name::none) {
            return Problem{"has the placeholder {{" + std::string(name) +
                           "}}; known ones are status, title, message, code, host, request_id and retry_after"};
        }
        page.pieces_.push_back(piece);
        at += length;
        piece = {at, at, Name::none};
    }
    piece.end = all.size();
    page.pieces_.push_back(piece);
    return page;
}

}  // namespace ferrotunnel::http
