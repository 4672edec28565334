// Responses of the edge instead of a backend: every state that the edge can be in, its status, its code for
// X-FerroTunnel-Error, and its page, as HTML, JSON or plain text depending on what the visitor accepts. The only parts
// of the request in a page are the host and the request's id, and these are escaped.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "ferrotunnel/http_settings.hpp"
#include "http/host_pattern.hpp"

namespace ferrotunnel::http {

enum class PageState : std::uint8_t {
    bad_request,            // 400: breaks the rules of HTTP
    ambiguous_path,         // 400: readings of its path match different rules
    unauthorized,           // 401: a plugin requires the visitor to identify itself
    forbidden,              // 403: a plugin denies this visitor access
    unknown_host,           // 404
    unknown_path,           // 404: the host is known, but none of its rules matches the path
    method_not_allowed,     // 405: CONNECT, TRACE
    request_timeout,        // 408: head or body arrived too slowly
    body_too_large,         // 413
    target_too_long,        // 414
    expectation_failed,     // 417
    misdirected,            // 421: SNI and Host disagree
    over_limit,             // 429, Retry-After
    head_too_large,         // 431
    internal_error,         // 500
    not_implemented,        // 501: an unknown transfer coding
    backend_refused,        // 502: the backend cannot be reached
    backend_broken,         // 502: its response breaks the rules of HTTP, or was cut before it began
    no_client,              // 503, Retry-After: no client that serves the host is connected
    busy,                   // 503, Retry-After: the server or the tunnel has no room, or is shutting down
    plugin_failed,          // 503: a plugin that controls access has failed
    backend_slow,           // 504
    version_not_supported,  // 505
    loop,                   // 508: the request has passed this edge before
};
inline constexpr std::size_t page_states = 24;

struct PageStateInfo {
    PageState state;
    std::uint16_t status;
    std::string_view reason;        // the phrase of the status line, and the page's title
    std::string_view code;          // for X-FerroTunnel-Error: "unknown_host"
    std::string_view sentence;      // for the visitor
    std::uint32_t retry_after = 0;  // seconds; 0: no Retry-After
};

const PageStateInfo& info_of(PageState state) noexcept;
/// The state with that code, for configurations: "backend_slow".
std::optional<PageState> page_state_of(std::string_view code) noexcept;
/// The state for a request that a parser has rejected with that status; bad_request for a status that no state has.
PageState page_state_of(std::uint16_t status) noexcept;

using PageFormat = HttpPage::Format;
inline constexpr std::size_t page_formats = 3;

std::string_view content_type_of(PageFormat format) noexcept;

/// The format that an Accept field asks for. A type has the weight of the most specific range that matches it, and the
/// highest weight wins; between equal weights the type that was named more exactly, then HTML, then JSON, then text. A
/// visitor without a preference (no field, or only "*/*"), or that accepts none of the three, gets text. Several Accept
/// fields are one list, joined by commas.
PageFormat choose_format(std::string_view accept) noexcept;

/// A page as text with placeholders, checked once. `{{status}}`, `{{title}}`, `{{message}}`, `{{code}}`, `{{host}}`,
/// `{{request_id}}` and `{{retry_after}}` are replaced, escaped for the text and attributes of HTML, for strings of
/// JSON, or made printable; any other `{{name}}` is a problem, while `}}` and a `{{` without a name after it stay.
class PageTemplate {
public:
    static Result<PageTemplate, Problem> parse(std::string text, PageFormat format);

    enum class Name : std::uint8_t { none, status, title, message, code, host, request_id, retry_after };
    struct Piece {
        std::size_t begin = 0;  // of the verbatim text before `then`
        std::size_t end = 0;
        Name then = Name::none;
    };

    PageFormat format() const noexcept { return format_; }
    const std::string& text() const noexcept { return text_; }
    const std::vector<Piece>& pieces() const noexcept { return pieces_; }
    bool operator==(const PageTemplate& other) const noexcept {
        return format_ == other.format_ && text_ == other.text_;
    }

private:
    std::string text_;
    PageFormat format_ = PageFormat::html;
    std::vector<Piece> pieces_;
};

/// Pages by state and format. Copies share the templates.
class PageSet {
public:
    /// Sets the page for that state in the template's format.
    void set(PageState state, PageTemplate page);
    /// Sets the page for every state that has none of its own in that format.
    void set_default(PageTemplate page);
    const PageTemplate* find(PageState state, PageFormat format) const noexcept;

    bool operator==(const PageSet& other) const noexcept;

private:
    using Templates = std::array<std::shared_ptr<const PageTemplate>, page_formats>;
    std::array<Templates, page_states> own_;
    Templates default_;
};

/// The pages of a server: those for single hosts, and those for all.
class HostPages {
public:
    PageSet& of_all() noexcept { return all_; }
    PageSet& of(const HostPattern& hosts);
    /// The page of the most exact matching host pattern that has a page for the state in this format; null if none has.
    const PageTemplate* find(std::string_view normal_host, PageState state, PageFormat format) const;

    bool operator==(const HostPages&) const = default;

private:
    std::map<std::string, PageSet, std::less<>> hosts_;  // by the pattern's text
    PageSet all_;
};

struct PageRequest {
    PageState state = PageState::internal_error;
    PageFormat format = PageFormat::text;
    std::string_view request_id;
    std::string_view host;  // in normal form, or empty
    /// A more exact code than the state's, like "space_before_colon"; empty: the state's own.
    std::string_view code;
    /// A number of seconds for Retry-After instead of the state's.
    std::optional<std::uint32_t> retry_after;
};

/// The response, except for Date and Connection. A HEAD gets it without its body, but with its body's length.
struct Page {
    std::uint16_t status = 0;
    std::string_view reason;
    std::string_view code;
    std::string_view content_type;
    std::uint32_t retry_after = 0;  // 0: no Retry-After
    bool built_in = true;           // false: the operator's own
    std::string body;
};

/// The operator's own page, or the built-in one.
Page make_page(const PageRequest& request, const HostPages& pages);
Page make_page(const PageRequest& request);

struct PageField {
    std::string_view name;
    std::string_view value;
};
/// The fields that every page has besides those that follow from Page.
inline constexpr PageField page_fields[] = {
    {"Cache-Control", "no-store"},
    {"X-Content-Type-Options", "nosniff"},
};
/// An additional field of built-in pages: they run no script and load nothing. An operator's own page may need to.
inline constexpr PageField built_in_page_field = {"Content-Security-Policy",
                                                  "default-src 'none'; style-src 'unsafe-inline'"};

}  // namespace ferrotunnel::http
