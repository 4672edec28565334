#include "http/page.hpp"

#include <algorithm>

namespace ferrotunnel::http {
namespace {

using enum PageState;

// The states, in the order of the enumeration.
constexpr std::array<PageStateInfo, page_states> infos = {{
    {bad_request, 400, "Bad Request", "bad_request", "The request could not be understood."},
    {ambiguous_path, 400, "Bad Request", "ambiguous_path",
     "The address can be read in several ways. Write it without '//', ';' and encoded slashes."},
    {unauthorized, 401, "Unauthorized", "unauthorized", "This page requires you to log in."},
    {forbidden, 403, "Forbidden", "forbidden", "You are not allowed to see this page."},
    {unknown_host, 404, "Not Found", "unknown_host", "There is no service under this name."},
    {unknown_path, 404, "Not Found", "unknown_path", "There is nothing at this address."},
    {method_not_allowed, 405, "Method Not Allowed", "method_not_allowed", "This method is not supported here."},
    {request_timeout, 408, "Request Timeout", "request_timeout", "The request took too long to arrive."},
    {body_too_large, 413, "Content Too Large", "body_too_large", "The request is larger than this service accepts."},
    {target_too_long, 414, "URI Too Long", "target_too_long", "The address is too long."},
    {expectation_failed, 417, "Expectation Failed", "expectation_failed",
     "The request expects something that is not supported here."},
    {misdirected, 421, "Misdirected Request", "misdirected",
     "The connection was made for another name. Please try again."},
    {over_limit, 429, "Too Many Requests", "over_limit", "There were too many requests. Please try again in a moment.",
     1},
    {head_too_large, 431, "Request Header Fields Too Large", "head_too_large",
     "The request's header fields are too large. Deleting the cookies of this site may help."},
    {internal_error, 500, "Internal Server Error", "internal_error", "Something went wrong here."},
    {not_implemented, 501, "Not Implemented", "not_implemented",
     "The request needs a feature that is not supported here."},
    {backend_refused, 502, "Bad Gateway", "backend_refused", "The service cannot be reached at the moment."},
    {backend_broken, 502, "Bad Gateway", "backend_broken", "The service sent a response that could not be understood."},
    {no_client, 503, "Service Unavailable", "no_client", "The service is offline. Please try again later.", 5},
    {busy, 503, "Service Unavailable", "busy", "The server is busy at the moment. Please try again soon.", 5},
    {plugin_failed, 503, "Service Unavailable", "plugin_failed",
     "Your request could not be checked. Please try again."},
    {backend_slow, 504, "Gateway Timeout", "backend_slow", "The service did not respond in time."},
    {version_not_supported, 505, "HTTP Version Not Supported", "version_not_supported",
     "This version of HTTP is not supported here."},
    {loop, 508, "Loop Detected", "loop", "The request was forwarded in a loop."},
}};

constexpr bool all_states_are_there() {
    for (std::size_t i = 0; i < infos.size(); ++i) {
        if (static_cast<std::size_t>(infos[i].state) != i || infos[i].sentence.empty()) {
            return false;
        }
    }
    return static_cast<std::size_t>(loop) + 1 == page_states;
}
static_assert(all_states_are_there());

constexpr std::string_view html_page =
    R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{status}} {{title}}</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 1rem/1.5 system-ui, sans-serif;
       color: #24292f; background: #f6f8fa; }
main { max-width: 34rem; padding: 2rem; }
b { font-size: 4rem; line-height: 1; color: #b4531f; }
h1 { margin: .5rem 0; font-size: 1.5rem; }
small { display: block; margin-top: 2rem; padding-top: 1rem; border-top: 1px solid #8885; opacity: .7;
        font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) { body { color: #e6edf3; background: #0d1117; } b { color: #f0883e; } }
</style>
</head>
<body>
<main>
<b>{{status}}</b>
<h1>{{title}}</h1>
<p>{{message}}</p>
<small>{{code}} &middot; {{host}} &middot; request {{request_id}}</small>
</main>
</body>
</html>
)";
constexpr std::string_view json_page =
    R"({"status":{{status}},"code":"{{code}}","title":"{{title}}","message":"{{message}}","host":"{{host}}",)"
    R"("request_id":"{{request_id}}"}
)";
constexpr std::string_view text_page =
    "{{status}} {{title}}: {{message}}\n{{code}}, {{host}}, request {{request_id}}\n";

const PageTemplate& built_in(PageFormat format) {
    static const std::array<PageTemplate, page_formats> templates = {
        *PageTemplate::parse(std::string(html_page), PageFormat::html),
        *PageTemplate::parse(std::string(json_page), PageFormat::json),
        *PageTemplate::parse(std::string(text_page), PageFormat::text),
    };
    return templates[static_cast<std::size_t>(format)];
}

void add_escaped(std::string& out, std::string_view text, PageFormat format) {
    constexpr std::string_view special = "&<>\"'";
    constexpr std::string_view entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    for (const char c : text) {
        const bool printable = c >= ' ' && c <= '~';
        const std::size_t entity = format == PageFormat::html ? special.find(c) : std::string_view::npos;
        if (entity != std::string_view::npos) {
            out += entities[entity];
        } else if (format == PageFormat::json && (c == '"' || c == '\\')) {
            out += '\\';
            out += c;
        } else {
            out += printable ? c : '?';
        }
    }
}

std::string written(const PageTemplate& page, const PageRequest& request, const Page& answer) {
    using Name = PageTemplate::Name;
    const auto value_of = [&](Name name) -> std::string {
        const auto given = [](std::string_view text) { return std::string(text.empty() ? "-" : text); };
        switch (name) {
            case Name::none:
                break;
            case Name::status:
                return std::to_string(answer.status);
            case Name::title:
                return std::string(answer.reason);
            case Name::message:
                return std::string(info_of(request.state).sentence);
            case Name::code:
                return std::string(answer.code);
            case Name::host:
                return given(request.host);
            case Name::request_id:
                return given(request.request_id);
            case Name::retry_after:
                return std::to_string(answer.retry_after);
        }
        return {};
    };
    std::string out;
    out.reserve(page.text().size() + 256);
    for (const PageTemplate::Piece& piece : page.pieces()) {
        out.append(page.text(), piece.begin, piece.end - piece.begin);
        add_escaped(out, value_of(piece.then), page.format());
    }
    return out;
}

}  // namespace

const PageStateInfo& info_of(PageState state) noexcept {
    return infos[static_cast<std::size_t>(state)];
}

std::optional<PageState> page_state_of(std::string_view code) noexcept {
    const auto at = std::find_if(infos.begin(), infos.end(), [&](const auto& info) { return info.code == code; });
    return at == infos.end() ? std::nullopt : std::optional(at->state);
}

PageState page_state_of(std::uint16_t status) noexcept {
    // If several states have one status, use the first one that is about the message itself.
    const auto at = std::find_if(infos.begin(), infos.end(), [&](const PageStateInfo& info) {
        return info.status == status && info.state != backend_refused && info.state != no_client;
    });
    return at == infos.end() ? bad_request : at->state;
}

std::string_view content_type_of(PageFormat format) noexcept {
    switch (format) {
        case PageFormat::html:
            return "text/html; charset=utf-8";
        case PageFormat::json:
            return "application/json";
        case PageFormat::text:
            break;
    }
    return "text/plain; charset=utf-8";
}

void PageSet::set(PageState state, PageTemplate page) {
    const auto format = static_cast<std::size_t>(page.format());
    own_[static_cast<std::size_t>(state)][format] = std::make_shared<const PageTemplate>(std::move(page));
}

void PageSet::set_default(PageTemplate page) {
    const auto format = static_cast<std::size_t>(page.format());
    default_[format] = std::make_shared<const PageTemplate>(std::move(page));
}

const PageTemplate* PageSet::find(PageState state, PageFormat format) const noexcept {
    const auto& own = own_[static_cast<std::size_t>(state)][static_cast<std::size_t>(format)];
    return own != nullptr ? own.get() : default_[static_cast<std::size_t>(format)].get();
}

bool PageSet::operator==(const PageSet& other) const noexcept {
    const auto same = [](const auto& a, const auto& b) { return a == b || (a && b && *a == *b); };
    const auto all_same = [&](const Templates& a, const Templates& b) {
        return std::equal(a.begin(), a.end(), b.begin(), same);
    };
    return std::equal(own_.begin(), own_.end(), other.own_.begin(), all_same) && all_same(default_, other.default_);
}

PageSet& HostPages::of(const HostPattern& hosts) {
    return hosts.kind == HostPattern::Kind::any ? all_ : hosts_[hosts.text()];
}

const PageTemplate* HostPages::find(std::string_view normal_host, PageState state, PageFormat format) const {
    const auto page_of = [&](const std::string& pattern) -> const PageTemplate* {
        const auto found = hosts_.find(pattern);
        return found == hosts_.end() ? nullptr : found->second.find(state, format);
    };
    const PageTemplate* page = hosts_.empty() ? nullptr : page_of(std::string(normal_host));
    std::string_view parent = normal_host;
    for (bool first = true; page == nullptr && !hosts_.empty(); first = false) {
        const std::size_t dot = parent.find('.');
        if (dot == std::string_view::npos || parent.starts_with('[')) {
            break;
        }
        parent.remove_prefix(dot + 1);
        page = first ? page_of("*." + std::string(parent)) : nullptr;
        page = page != nullptr ? page : page_of("**." + std::string(parent));
    }
    return page != nullptr ? page : all_.find(state, format);
}

namespace {

Page filled(const PageRequest& request, const PageTemplate* own) {
    const PageStateInfo& info = info_of(request.state);
    Page page;
    page.status = info.status;
    page.reason = info.reason;
    page.code = request.code.empty() ? info.code : request.code;
    page.content_type = content_type_of(request.format);
    page.retry_after = request.retry_after.value_or(info.retry_after);
    page.built_in = own == nullptr;
    page.body = written(own != nullptr ? *own : built_in(request.format), request, page);
    return page;
}

}  // namespace

Page make_page(const PageRequest& request, const HostPages& pages) {
    return filled(request, pages.find(request.host, request.state, request.format));
}

Page make_page(const PageRequest& request) {
    return filled(request, nullptr);
}

}  // namespace ferrotunnel::http
