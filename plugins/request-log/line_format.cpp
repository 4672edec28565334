#include "request-log/line_format.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <stdexcept>
#include <utility>

#include "common/template_text.hpp"

namespace ferrotunnel::plugins {

using plugin::Exchange;
using plugin::Outcome;
using plugin::Settings;
using plugin::Side;
using plugin::Text;

namespace {

using WallTime = std::chrono::system_clock::time_point;

constexpr std::string_view masked = "***";

std::vector<std::string> texts(const Settings& settings, const std::string& path) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < settings.count(path); ++i) {
        all.emplace_back(settings.text(path + "[" + std::to_string(i) + "]").value_or(Text()));
    }
    return all;
}

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_names(std::string_view one, std::string_view other) noexcept {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

/// A time as text, without allocation.
class TimeText {
public:
    enum class Style : std::uint8_t { iso, of_web_servers };

    TimeText(WallTime time, Style style) noexcept {
        using namespace std::chrono;
        const auto whole = floor<seconds>(time);
        const std::time_t second = system_clock::to_time_t(whole);
        std::tm parts{};
        ::gmtime_r(&second, &parts);
        const int year = parts.tm_year + 1'900;
        if (style == Style::iso) {
            const auto ms = static_cast<int>(duration_cast<milliseconds>(time - whole).count());
            set(std::snprintf(text_, sizeof(text_), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, parts.tm_mon + 1,
                              parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, ms));
        } else {
            static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
            set(std::snprintf(text_, sizeof(text_), "%02d/%s/%04d:%02d:%02d:%02d +0000", parts.tm_mday,
                              months[parts.tm_mon], year, parts.tm_hour, parts.tm_min, parts.tm_sec));
        }
    }
    std::string_view text() const noexcept { return {text_, size_}; }

private:
    void set(int size) noexcept { size_ = std::min(static_cast<std::size_t>(std::max(size, 0)), sizeof(text_) - 1); }

    char text_[64];
    std::size_t size_ = 0;
};

std::uint64_t milliseconds_of(const Outcome& outcome) noexcept {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(outcome.duration).count());
}

/// Removes the parts of a URL that may be secret: its query, its fragment, or the user before its host. Other texts
/// stay.
std::string_view without_query(std::string_view value) noexcept {
    const std::string_view url = value.substr(value.starts_with('<') ? 1 : 0);
    const std::size_t scheme = url.find("://");
    const bool has_scheme = scheme != std::string_view::npos && scheme < url.find_first_of("/?# ,;=\"");
    if (!url.starts_with('/') && !has_scheme) {
        return value;
    }
    if (has_scheme) {
        const std::string_view behind = url.substr(scheme + 3);
        if (behind.substr(0, behind.find_first_of("/?#")).find('@') != std::string_view::npos) {
            return masked;
        }
    }
    return value.substr(0, value.find_first_of("?#;"));
}

void put_or_dash(LineWriter& line, std::string_view text) noexcept {
    line.put_escaped(text.empty() ? "-" : text);
}

}  // namespace

LineFormat::LineFormat(const Settings& settings)
    : with_query_(settings.boolean("query").value_or(false)), secrets_(texts(settings, "mask")) {
    referer_ = field_piece("Referer");
    user_agent_ = field_piece("User-Agent");
    for (const std::string& name : texts(settings, "fields")) {
        if (!plugin::may_write(name)) {
            throw std::invalid_argument("names the field \"" + name + "\", which is not a valid name");
        }
        fields_.push_back(field_piece(name));
    }
    for (const std::string& name : texts(settings, "notes")) {
        if (!plugin::may_write(name)) {  // field names need no escapes
            throw std::invalid_argument("names the note \"" + name + "\", which is not a valid name");
        }
        fields_.push_back({What::note, name});
    }
    if (const auto written = settings.text("template")) {
        kind_ = Kind::by_template;
        split_template(
            *written,
            [this](std::string_view text) {
                pieces_.push_back({What::text, std::string(text)});
            },
            [this](std::string_view name) { pieces_.push_back(piece_of(name)); });
    } else if (settings.text("format") == "combined") {
        kind_ = Kind::combined;
    }
}

LineFormat::Piece LineFormat::field_piece(std::string_view name) const {
    return {What::field, std::string(name), is_secret(name), with_query_};
}

bool LineFormat::is_secret(std::string_view field) const noexcept {
    return std::any_of(secrets_.begin(), secrets_.end(),
                       [field](const std::string& secret) { return equal_names(secret, field); });
}

LineFormat::What LineFormat::what_of(std::string_view name) {
    constexpr std::pair<std::string_view, What> names[] = {
        {"time", What::time},
        {"visitor", What::visitor},
        {"host", What::host},
        {"method", What::method},
        {"path", What::path},
        {"query", What::query},
        {"service", What::service},
        {"scheme", What::scheme},
        {"request_id", What::request_id},
        {"status", What::status},
        {"complete", What::complete},
        {"request_bytes", What::request_bytes},
        {"response_bytes", What::response_bytes},
        {"ms", What::ms},
    };
    for (const auto& [known, what] : names) {
        if (name == known) {
            return what;
        }
    }
    throw std::invalid_argument("has {{" + std::string(name) +
                                "}}, which is unknown; expected time, visitor, host, method, path, query, "
                                "service, scheme, request_id, status, complete, request_bytes, response_bytes, ms, "
                                "note.NAME and field.NAME");
}

LineFormat::Piece LineFormat::piece_of(std::string_view name) const {
    constexpr std::pair<std::string_view, What> prefixes[] = {{"note.", What::note}, {"field.", What::field}};
    for (const auto& [prefix, what] : prefixes) {
        if (name.starts_with(prefix) && name.size() > prefix.size()) {
            const std::string_view rest = name.substr(prefix.size());
            return what == What::field ? field_piece(rest) : Piece{what, std::string(rest)};
        }
    }
    return {what_of(name), {}};
}

std::size_t LineFormat::write(char* memory, std::size_t size, const Exchange& exchange, const Outcome& outcome,
                              WallTime now) const noexcept {
    LineWriter line(memory, size);
    const Facts facts{exchange, outcome, now};
    switch (kind_) {
        case Kind::json:
            write_json(line, facts);
            break;
        case Kind::combined:
            write_combined(line, facts);
            break;
        case Kind::by_template:
            write_template(line, facts);
            break;
    }
    return line.end();
}

// The properties that are text; empty for all others, and for missing ones.
std::string_view LineFormat::text_of(const Piece& piece, const Facts& facts) noexcept {
    const Exchange& exchange = facts.exchange;
    switch (piece.what) {
        case What::text:
            return piece.name;
        case What::visitor:
            return exchange.visitor();
        case What::host:
            return exchange.host();
        case What::method:
            return exchange.method();
        case What::path:
            return exchange.path();
        case What::query:
            return exchange.query();
        case What::service:
            return exchange.service();
        case What::scheme:
            return exchange.is_https() ? "https" : "http";
        case What::request_id:
            return exchange.request_id();
        case What::complete:
            return facts.outcome.complete ? "true" : "false";
        case What::note:
            return exchange.note(piece.name);
        case What::field: {
            const auto value = exchange.field(Side::request, piece.name);
            const std::string_view text = value.value_or(Text());
            return value && piece.is_masked ? masked : piece.with_query ? text : without_query(text);
        }
        case What::time:
        case What::status:
        case What::request_bytes:
        case What::response_bytes:
        case What::ms:
            break;
    }
    return {};
}

void LineFormat::write_json(LineWriter& line, const Facts& facts) const noexcept {
    const auto& [exchange, outcome, now] = facts;
    line.member("time", TimeText(now, TimeText::Style::iso).text());
    line.member("request_id", exchange.request_id());
    line.member("visitor", exchange.visitor());
    line.member_number("status", outcome.status);
    line.member_boolean("complete", outcome.complete);
    line.member_number("request_bytes", outcome.request_bytes);
    line.member_number("response_bytes", outcome.response_bytes);
    line.member_number("ms", milliseconds_of(outcome));
    line.member("method", exchange.method());
    line.member("scheme", exchange.is_https() ? "https" : "http");
    line.member("host", exchange.host());
    line.member("service", exchange.service());
    line.member("path", exchange.path());
    if (with_query_ && !exchange.query().empty()) {
        line.member("query", exchange.query());
    }
    for (const Piece& piece : fields_) {
        const std::string_view text = text_of(piece, facts);
        if (!text.empty()) {
            line.member(piece.what == What::note ? "note." : "field.", piece.name, text);
        }
    }
    line.end_object();
}

void LineFormat::write_combined(LineWriter& line, const Facts& facts) const noexcept {
    const auto& [exchange, outcome, now] = facts;
    put_or_dash(line, exchange.visitor());
    line.put(" - ");
    put_or_dash(line, exchange.note("auth.subject"));
    line.put(" [");
    line.put(TimeText(now, TimeText::Style::of_web_servers).text());
    line.put("] \"");
    line.put_escaped(exchange.method());
    line.put(" ");
    line.put_escaped(exchange.path());
    if (with_query_) {
        line.put_escaped(exchange.query());
    }
    line.put(" HTTP/1.1\" ");
    line.put_number(outcome.status);
    line.put(" ");
    line.put_number(outcome.response_bytes);
    line.put(" \"");
    put_or_dash(line, text_of(referer_, facts));
    line.put("\" \"");
    put_or_dash(line, text_of(user_agent_, facts));
    line.put("\"");
}

void LineFormat::write_template(LineWriter& line, const Facts& facts) const noexcept {
    for (const Piece& piece : pieces_) {
        write_piece(line, piece, facts);
    }
}

void LineFormat::write_piece(LineWriter& line, const Piece& piece, const Facts& facts) noexcept {
    switch (piece.what) {
        case What::text:
            return line.put(piece.name);
        case What::time:
            return line.put(TimeText(facts.now, TimeText::Style::iso).text());
        case What::status:
            return line.put_number(facts.outcome.status);
        case What::request_bytes:
            return line.put_number(facts.outcome.request_bytes);
        case What::response_bytes:
            return line.put_number(facts.outcome.response_bytes);
        case What::ms:
            return line.put_number(milliseconds_of(facts.outcome));
        case What::query:
            return line.put_escaped(facts.exchange.query());  // includes its '?'; empty if there is none
        default:
            return put_or_dash(line, text_of(piece, facts));
    }
}

}  // namespace ferrotunnel::plugins
