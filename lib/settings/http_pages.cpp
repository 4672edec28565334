// Pages of the operator's own: `server.http.pages` and `server.http.hosts`.
#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "ferrotunnel/detail/nearest.hpp"
#include "ferrotunnel/detail/text_encoding.hpp"
#include "settings/http.hpp"
#include "settings/section_reader.hpp"

namespace ferrotunnel::detail {
namespace {

using config::Section;
using config::Value;

constexpr SettingFacts of_page[] = {
    {.key = "html", .form = Form::path, .help = "Page for visitors that accept HTML."},
    {.key = "json", .form = Form::path, .help = "Page for visitors that accept JSON."},
    {.key = "text", .form = Form::path, .help = "For all other visitors."},
};
constexpr SettingFacts of_page_host[] = {
    {.key = "pages", .type = "map of statuses to files", .help = "Pages of your own for this host."},
};

struct FormatName {
    const char* key;
    HttpPage::Format format;
    std::initializer_list<std::string_view> endings;
};
const FormatName formats[] = {
    {"html", HttpPage::Format::html, {".html", ".htm"}},
    {"json", HttpPage::Format::json, {".json"}},
    {"text", HttpPage::Format::text, {".txt"}},
};

constexpr std::size_t state_length_max = 64;  // longer words are not guessed at, since that would take long

std::vector<std::string> names_of_states() {
    std::vector<std::string> names{"all"};
    for (std::size_t i = 0; i < http::page_states; ++i) {
        const http::PageStateInfo& info = http::info_of(static_cast<http::PageState>(i));
        names.emplace_back(info.code);
    }
    return names;
}

// Reads the file's text, at most one byte more than a page may have: enough to detect that it is too large.
std::optional<std::string> read_page_file(const Value& value, const std::string& path) {
    std::error_code error;
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    std::string text(limits::http_page_max + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (in.bad() || (in.fail() && !in.eof())) {
        value.problem("cannot read the file \"" + path + "\": " + std::generic_category().message(errno));
        return std::nullopt;
    }
    text.resize(static_cast<std::size_t>(in.gcount()));
    std::string_view rest = text;
    if (const std::string_view fault = take_byte_order_mark(rest); !fault.empty()) {
        value.problem("the file \"" + path + "\" " + std::string(fault));
        return std::nullopt;
    }
    text.erase(0, text.size() - rest.size());
    return text;
}

// Reads the text of one page from its file into a copy of `page`.
void read_page(const Value& value, HttpPage page, std::vector<HttpPage>& pages) {
    const std::optional<std::string> path = value.path();
    std::optional<std::string> text = path ? read_page_file(value, *path) : std::nullopt;
    if (!text) {
        return;
    }
    page.text = std::move(*text);
    http::HostPages checked;
    if (const auto wrong = add_page(page, checked)) {
        value.problem("the file \"" + *path + "\" " + *wrong);
        return;
    }
    pages.push_back(std::move(page));
}

// Reads the pages for a state: one file with its format in its name, or one file for each format.
void read_state(const Value& value, HttpPage page, std::vector<HttpPage>& pages) {
    if (value.is_group()) {
        Section section = section_of(value, page_keys());
        for (const FormatName& each : formats) {
            if (const auto file = section.find(each.key)) {
                page.format = each.format;
                read_page(*file, page, pages);
            }
        }
        section.finish();
        return;
    }
    const std::optional<std::string> name = value.is_text() ? value.try_text() : std::string();
    for (const FormatName& each : formats) {
        for (const std::string_view ending : each.endings) {
            if (name && name->ends_with(ending)) {
                page.format = each.format;
                read_page(value, std::move(page), pages);
                return;
            }
        }
    }
    if (name) {
        value.unexpected("a file that ends in .html, .json or .txt, or {html: FILE, json: FILE, text: FILE}");
    } else {
        (void)value.text();  // reports a variable that is not set
    }
}

void read_pages(const Value& value, const std::string& host, std::vector<HttpPage>& pages) {
    for (const auto& [state, file] : value.section().all()) {
        if (!page_states_of(state)) {
            const bool is_word = state.find_first_not_of("0123456789") != std::string::npos;
            const bool can_guess = is_word && state.size() <= state_length_max;
            const std::string meant = can_guess ? did_you_mean(state, names_of_states()) : "";
            file.problem_at_key(meant.empty()
                                    ? "no such state; expected a status like 404, a name like no_client, or all"
                                    : "no such state" + meant);
            continue;
        }
        HttpPage page;
        page.state = state;
        page.host = host;
        read_state(file, std::move(page), pages);
    }
}

void read_hosts(const Value& value, std::vector<HttpPage>& pages) {
    for (const auto& [host, settings] : value.section().all()) {
        if (const auto pattern = http::parse_host_pattern(host); !pattern) {
            settings.problem_at_key("the host " + in_quotes(host) + ' ' + pattern.error().text);
            continue;
        }
        Section section = section_of(settings, page_host_keys());
        if (const auto own = section.find("pages")) {
            read_pages(*own, host, pages);
        }
        section.finish();
    }
}

}  // namespace

std::span<const SettingFacts> page_keys() noexcept {
    return of_page;
}

std::span<const SettingFacts> page_host_keys() noexcept {
    return of_page_host;
}

void read_http_sections(SectionReader& reader, HttpServerSettings& http) {
    if (const auto value = reader.find(http_place, "pages")) {
        read_pages(*value, {}, http.pages);
    }
    if (const auto value = reader.find(http_place, "hosts")) {
        read_hosts(*value, http.pages);
    }
}

void check_pages(const std::vector<HttpPage>& pages, std::vector<Problem>& problems) {
    const std::string setting = "http_settings.pages";
    if (pages.size() > limits::http_pages_max) {
        problems.push_back({setting, "has more than " + std::to_string(limits::http_pages_max) + " pages"});
        return;
    }
    std::set<std::tuple<std::string, std::string, HttpPage::Format>> known;
    for (const HttpPage& page : pages) {
        http::HostPages checked;
        if (const auto wrong = add_page(page, checked)) {
            problems.push_back({setting, "the page for " + in_quotes(page.state) + ' ' + *wrong});
        } else if (!known.insert({page.host, page.state, page.format}).second) {
            problems.push_back({setting, "there are two pages for " + in_quotes(page.state) + " in one format" +
                                             (page.host.empty() ? "" : ", for the host " + in_quotes(page.host))});
        }
    }
}

std::optional<PageStates> page_states_of(const std::string& name) {
    PageStates found;
    found.all = name == "all";
    if (const auto state = http::page_state_of(std::string_view(name))) {
        found.states.push_back(*state);
    }
    for (std::size_t i = 0; i < http::page_states; ++i) {
        const http::PageStateInfo& info = http::info_of(static_cast<http::PageState>(i));
        if (std::to_string(info.status) == name) {
            found.states.push_back(info.state);
        }
    }
    return found.all || !found.states.empty() ? std::optional(found) : std::nullopt;
}

std::optional<std::string> add_page(const HttpPage& page, http::HostPages& pages) {
    const auto states = page_states_of(page.state);
    if (!states) {
        return "is not a valid status or state; expected a status like 404, a state like no_client, or all";
    }
    auto parsed = http::PageTemplate::parse(page.text, page.format);
    if (!parsed) {
        return parsed.error().text;
    }
    const auto host = http::parse_host_pattern(page.host.empty() ? "*" : page.host);
    if (!host) {
        return "is for the host " + in_quotes(page.host) + ", which " + host.error().text;
    }
    http::PageSet& set = pages.of(*host);
    if (states->all) {
        set.set_default(std::move(*parsed));
        return std::nullopt;
    }
    for (const http::PageState state : states->states) {
        set.set(state, *parsed);
    }
    return std::nullopt;
}

// The pages for the most specific states are added last, so that they win.
http::HostPages pages_of(const std::vector<HttpPage>& pages) {
    const auto exactness = [](const HttpPage& page) {
        return page.state == "all" ? 0 : http::page_state_of(std::string_view(page.state)) ? 2 : 1;
    };
    http::HostPages all;
    for (int level = 0; level <= 2; ++level) {
        for (const HttpPage& page : pages) {
            if (exactness(page) == level) {
                (void)add_page(page, all);
            }
        }
    }
    return all;
}

}  // namespace ferrotunnel::detail
