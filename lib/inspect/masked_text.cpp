#include "inspect/masked_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "http/field_name.hpp"
#include "inspect/search.hpp"

namespace ferrotunnel::inspect {
namespace {

constexpr std::string_view text_blanks = " \t\r\n";
constexpr std::size_t boundary_max = 70;  // RFC 2046, 5.1.1
constexpr std::size_t looks_binary = 512;

bool is_blank(char c) noexcept {
    return text_blanks.find(c) != std::string_view::npos;
}

// <a>, <a b="c">, <a/>, <!, <?: not <https://a.example/>, which is a link.
bool begins_markup(std::string_view text) noexcept {
    if (text.starts_with("<!") || text.starts_with("<?")) {
        return true;
    }
    const std::size_t end =
        text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.:", 1);
    return text.starts_with('<') && end != 1 && end != std::string_view::npos &&
           (is_blank(text[end]) || text[end] == '>' || text.substr(end).starts_with("/>"));
}

bool is_html_page(std::string_view text) noexcept {
    return http::same_text(text.substr(0, 14), "<!doctype html") || http::same_text(text.substr(0, 5), "<html");
}

// The boundary of parts without a Content-Type that has it; empty if there are none.
std::string_view first_boundary(std::string_view text) noexcept {
    const std::size_t line_end = std::min(text.find("\r\n"), text.size());
    const bool has_fields = http::same_text(text.substr(std::min(line_end + 2, text.size()), 8), "Content-");
    return text.starts_with("--") && has_fields && line_end <= boundary_max + 2 ? text.substr(2, line_end - 2)
                                                                                : std::string_view();
}

// "a=1&b=2": one word with a name of its own.
bool is_form(std::string_view text) noexcept {
    const std::size_t equals = text.find_first_of("=/?&#:,;()");
    return equals != std::string_view::npos && equals > 0 && text[equals] == '=' &&
           text.find_first_of(" \t\r\n\"{}<>") == std::string_view::npos;
}

template <typename Search>
Masked masked_by(std::string_view text, const Secrets& secrets, const Replace& replace, Search search) {
    Findings findings(text);
    if (secrets.are_hidden()) {
        search(findings, Range{0, text.size()});
    }
    return findings.masked(secrets, replace, 0);
}

}  // namespace

void search_any(Findings& findings, Range range, const Secrets& secrets) {
    const std::size_t begin = findings.text().substr(0, range.end).find_first_not_of(text_blanks, range.begin);
    if (begin == std::string_view::npos) {
        return;
    }
    const std::string_view text = findings.text().substr(begin, range.end - begin);
    if (begins_markup(text)) {
        search_markup(findings, range, is_html_page(text), secrets);
    } else if (const std::string_view boundary = first_boundary(text); !boundary.empty()) {
        search_parts(findings, {begin, range.end}, boundary, secrets);
    } else if (is_form(text)) {
        search_form(findings, range, secrets);
    } else {
        search_names(findings, range, true, secrets);
    }
}

// In this order: only a text without other names is scanned to its end, so nested ones are scanned once.
bool names_secret(std::string_view written, const Secrets& secrets) {
    return !Findings::may_have_names(written) && secrets.is_secret(written);
}

Masked masked_within(std::string_view text, const Secrets& secrets, const Replace& replace, std::size_t depth) {
    Findings findings(text);
    search_any(findings, {0, text.size()}, secrets);
    return findings.masked(secrets, replace, depth);
}

Masked masked_text(std::string_view text, const Secrets& secrets, const Replace& replace) {
    return masked_by(text, secrets, replace,
                     [&](Findings& findings, Range range) { search_any(findings, range, secrets); });
}

Masked masked_form(std::string_view text, const Secrets& secrets, const Replace& replace) {
    return masked_by(text, secrets, replace,
                     [&](Findings& findings, Range range) { search_form(findings, range, secrets); });
}

Masked masked_url(std::string_view url, const Secrets& secrets, const Replace& replace) {
    return masked_by(url, secrets, replace,
                     [&](Findings& findings, Range range) { search_url(findings, range, secrets); });
}

Masked masked_multipart(std::string_view text, std::string_view boundary, const Secrets& secrets,
                        const Replace& replace) {
    return masked_by(text, secrets, replace,
                     [&](Findings& findings, Range range) { search_parts(findings, range, boundary, secrets); });
}

Search search_for(std::string_view content_type) {
    const std::string type = media_type_of(content_type);
    const std::string_view view = type;
    if (view == "application/x-www-form-urlencoded") {
        return Search::form;
    }
    if (view.starts_with("multipart/")) {
        return Search::multipart;
    }
    if (view == "text/html" || view == "application/xhtml+xml") {
        return Search::html;
    }
    if (view.ends_with("/javascript") || view.ends_with("/x-javascript") || view.ends_with("/ecmascript")) {
        return Search::program;
    }
    constexpr std::array<std::string_view, 12> without_names{"image/",
                                                             "audio/",
                                                             "video/",
                                                             "font/",
                                                             "model/",
                                                             "text/css",
                                                             "application/pdf",
                                                             "application/wasm",
                                                             "application/grpc",
                                                             "application/protobuf",
                                                             "application/x-protobuf",
                                                             "application/zip"};
    const bool has_names = view == "image/svg+xml" || std::none_of(without_names.begin(), without_names.end(),
                                                                   [&](auto one) { return view.starts_with(one); });
    return has_names ? Search::text : Search::none;
}

Masked masked_body(std::string_view text, std::string_view content_type, const Secrets& secrets,
                   const Replace& replace) {
    const std::size_t first = text.find_first_not_of(text_blanks);
    const char begin = first == std::string_view::npos ? '\0' : text[first];
    switch (search_for(content_type)) {
        case Search::form:
            // By default curl declares everything as a form.
            return begin == '{' || begin == '[' || begin == '<' ? masked_text(text, secrets, replace)
                                                                : masked_form(text, secrets, replace);
        case Search::multipart:
            return masked_multipart(text, parameter_of(content_type, "boundary"), secrets, replace);
        case Search::html:
            return masked_by(text, secrets, replace,
                             [&](Findings& findings, Range range) { search_markup(findings, range, true, secrets); });
        case Search::program:
            return masked_by(text, secrets, replace, [&](Findings& findings, Range range) {
                search_names(findings, range, begin == '{' || begin == '[', secrets);
            });
        case Search::text:
            if (text.substr(0, looks_binary).find('\0') != std::string_view::npos) {
                break;
            }
            return masked_text(text, secrets, replace);
        case Search::none:
            break;
    }
    return {std::string(text), false};
}

std::string_view parameter_of(std::string_view value, std::string_view name) {
    for (std::size_t at = value.find(';'); at != std::string_view::npos; at = value.find(';', at)) {
        ++at;
        while (at < value.size() && is_blank(value[at])) {
            ++at;
        }
        if (at + name.size() >= value.size() || value[at + name.size()] != '=' ||
            !http::same_text(value.substr(at, name.size()), name)) {
            continue;
        }
        std::string_view found = value.substr(at + name.size() + 1);
        if (found.starts_with('"')) {
            found.remove_prefix(1);
            return found.substr(0, found.find('"'));
        }
        return found.substr(0, found.find_first_of("; \t\r\n"));
    }
    return {};
}

std::string media_type_of(std::string_view value) {
    std::string type(value.substr(0, value.find_first_of("; \t,")));
    std::transform(type.begin(), type.end(), type.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return type;
}

}  // namespace ferrotunnel::inspect
