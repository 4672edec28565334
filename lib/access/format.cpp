#include "access/format.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <optional>

#include "access/escape.hpp"
#include "access/limits.hpp"
#include "base/iso_time.hpp"
#include "base/text.hpp"

namespace ferrotunnel::access {
namespace {

constexpr std::array<std::string_view, names> name_texts{
    "time",        "visitor", "token",  "service",    "member",  "host",       "method",       "target",
    "protocol",    "scheme",  "status", "received",   "sent",    "routed_ms",  "connected_ms", "first_byte_ms",
    "duration_ms", "outcome", "cause",  "request_id", "referer", "user_agent", "tls_group"};

std::string_view text_of(Outcome outcome) noexcept {
    switch (outcome) {
        case Outcome::complete:
            return "complete";
        case Outcome::visitor_left:
            return "visitor_left";
        case Outcome::cut:
            return "cut";
    }
    return "";
}

std::string_view known_names() {
    static const std::string all = [] {
        std::string text;
        for (const std::string_view name : name_texts) {
            text.append(text.empty() ? "" : ", ").append(name);
        }
        return text;
    }();
    return all;
}

// 25/Nov/2026:04:59:07 +0000, with English month names whatever the locale.
void append_apache(std::string& line, std::chrono::system_clock::time_point time) {
    static constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 80> text{};
    std::snprintf(text.data(), text.size(), "%02d/%s/%04d:%02d:%02d:%02d +0000", parts.tm_mday,
                  months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900, parts.tm_hour, parts.tm_min,
                  parts.tm_sec);
    line += text.data();
}

void append_millis(std::string& line, Duration time) {
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%lld.%03d", static_cast<long long>(micros / 1000),
                  static_cast<int>(micros % 1000));
    line += text.data();
}

void append_escaped_or_dash(std::string& line, std::string_view text) {
    if (text.empty()) {
        line += '-';
    } else {
        append_escaped(line, text);
    }
}

/// A number, as in a template and in JSON. Empty if the field is text.
std::optional<std::string> number_of(const Entry& entry, Name name) {
    const auto millis = [](std::optional<Duration> time) {
        std::string text;
        if (time) {
            append_millis(text, *time);
        }
        return text;
    };
    switch (name) {
        case Name::status:
            return std::to_string(entry.status);
        case Name::received:
            return std::to_string(entry.received);
        case Name::sent:
            return std::to_string(entry.sent);
        case Name::routed_ms:
            return millis(entry.routed);
        case Name::connected_ms:
            return millis(entry.connected);
        case Name::first_byte_ms:
            return millis(entry.first_byte);
        case Name::duration_ms:
            return millis(entry.whole);
        default:
            return std::nullopt;
    }
}

std::string_view plain_text_of(const Entry& entry, Name name) {
    switch (name) {
        case Name::visitor:
            return entry.visitor;
        case Name::token:
            return entry.token;
        case Name::service:
            return entry.service;
        case Name::member:
            return entry.member;
        case Name::host:
            return entry.host;
        case Name::method:
            return entry.method;
        case Name::protocol:
            return entry.protocol;
        case Name::scheme:
            return entry.scheme;
        case Name::outcome:
            return text_of(entry.outcome);
        case Name::cause:
            return entry.cause;
        case Name::request_id:
            return entry.request_id;
        case Name::user_agent:
            return entry.user_agent;
        case Name::tls_group:
            return entry.tls_group;
        default:
            return {};
    }
}

}  // namespace

Result<Format, std::string> Format::parse(std::string_view text, const std::vector<std::string>& masks) {
    if (text == "combined" || text == "json") {
        return Format(text == "json" ? Kind::json : Kind::combined, masks);
    }
    if (text.find('{') == std::string_view::npos) {
        return in_quotes(text) +
               " is not a valid format; expected combined, json, or a template like {visitor} {status}";
    }
    if (text.size() > template_bytes_max) {
        return "has a template of more than " + std::to_string(template_bytes_max) + " bytes";
    }
    if (!is_printable(text)) {
        return std::string("has a template that contains a control character or is not UTF-8");
    }
    Format format(Kind::pieces, masks);
    Piece piece;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        const bool is_double = at + 1 < text.size() && text[at + 1] == c;
        const std::string place = "at character " + std::to_string(at + 1);
        if ((c == '{' || c == '}') && is_double) {
            piece.text += c;
            ++at;
        } else if (c == '}') {
            return place + " a } without a {; write }} for a literal one";
        } else if (c != '{') {
            piece.text += c;
        } else {
            const std::size_t end = text.find('}', at);
            if (end == std::string_view::npos) {
                return place + " a { that is not closed; write {{ for a literal one";
            }
            const std::string_view name = text.substr(at + 1, end - at - 1);
            const auto known = std::find(name_texts.begin(), name_texts.end(), name);
            if (known == name_texts.end()) {
                return place + " " + in_quotes(name) +
                       " is not a valid field; valid fields: " + std::string(known_names());
            }
            piece.has_name = true;
            piece.name = static_cast<Name>(known - name_texts.begin());
            format.pieces_.push_back(std::move(piece));
            piece = {};
            at = end;
        }
    }
    if (!piece.text.empty()) {
        format.pieces_.push_back(std::move(piece));
    }
    return format;
}

void Format::append(std::string& line, const Entry& entry) const {
    if (kind_ == Kind::combined) {
        append_combined(line, entry);
    } else if (kind_ == Kind::json) {
        append_object(line, entry);
    }
    for (const Piece& piece : pieces_) {
        line += piece.text;
        if (piece.has_name) {
            const std::size_t before = line.size();
            append_text(line, entry, piece.name);
            line += line.size() == before ? "-" : "";
        }
    }
    line += '\n';
}

void Format::append_combined(std::string& line, const Entry& entry) const {
    append_escaped_or_dash(line, entry.visitor);
    line += " - - [";
    append_apache(line, entry.time);
    line += "] \"";
    if (entry.method.empty()) {
        line += '-';
    } else {
        append_escaped(line, entry.method);
        line += ' ';
        append_escaped_or_dash(line, masks_.masked(entry.target));
        line += ' ';
        line += entry.protocol;
    }
    line.append("\" ").append(std::to_string(entry.status)).append(" ").append(std::to_string(entry.sent));
    line += " \"";
    append_escaped_or_dash(line, masks_.masked(entry.referer));
    line += "\" \"";
    append_escaped_or_dash(line, entry.user_agent);
    line += '"';
}

void Format::append_object(std::string& line, const Entry& entry) const {
    line += '{';
    for (std::size_t i = 0; i < names; ++i) {
        const Name name = static_cast<Name>(i);
        line.append(i == 0 ? "\"" : ",\"").append(name_texts[i]).append("\":");
        if (const std::optional<std::string> number = number_of(entry, name)) {
            line += number->empty() ? std::string_view("null") : std::string_view(*number);
        } else if (name == Name::time) {
            line += '"';
            append_iso_time(line, entry.time);
            line += '"';
        } else if (name == Name::target || name == Name::referer) {
            append_json(line, masks_.masked(name == Name::target ? entry.target : entry.referer));
        } else {
            append_json(line, plain_text_of(entry, name));
        }
    }
    line += '}';
}

void Format::append_text(std::string& line, const Entry& entry, Name name) const {
    if (const std::optional<std::string> number = number_of(entry, name)) {
        line += *number;
    } else if (name == Name::time) {
        append_iso_time(line, entry.time);
    } else if (name == Name::target || name == Name::referer) {
        append_escaped(line, masks_.masked(name == Name::target ? entry.target : entry.referer));
    } else {
        append_escaped(line, plain_text_of(entry, name));
    }
}

}  // namespace ferrotunnel::access
