#include "acme_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "printable.hpp"

namespace ferrotunnel::cli {
namespace {

/// The longest character-string of a TXT record (RFC 1035, 3.3.14).
constexpr std::size_t txt_string_max = 255;

// "in 5m", "overdue"; a dash if the member is missing.
std::string until_text(const Json& object, const char* key, std::string_view past) {
    using namespace std::chrono;
    if (!member_of(object, key).is_number()) {
        return "-";
    }
    const std::int64_t left =
        number_in(object, key) - duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
    return left > 0 ? "in " + duration_text(left) : std::string(past);
}

// When the next order is due: a word if there is none.
std::string next_text(const Json& name) {
    return name.contains("next")                  ? until_text(name, "next", "now")
           : text_in(name, "state") == "ordering" ? "now"
                                                  : "none";
}

std::string shown_or_dash(const Json& object, const char* key) {
    const std::string text = text_in(object, key);
    return text.empty() ? "-" : text;
}

bool is_optional(const Json& name) {
    return text_in(name, "state") == "optional";
}

std::string problem_lines(const Json& names, std::string_view indent, bool of_optional = false) {
    std::string text;
    for (const Json& name : names) {
        if (!text_in(name, "problem").empty() && is_optional(name) == of_optional) {
            text += fmt::format("{}{}\n", indent, acme_problem_line(name));
        }
    }
    return text;
}

// As a value of a zone file: strings in quotes, in pieces that a TXT record can have.
std::string zone_value(std::string_view value) {
    std::string text;
    for (std::size_t begin = 0; begin == 0 || begin < value.size(); begin += txt_string_max) {
        text += text.empty() ? "\"" : " \"";
        for (const char c : value.substr(begin, txt_string_max)) {
            text += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
        }
        text += '"';
    }
    return text;
}

// What DNS has in a record's place.
std::string other_values(const Json& record) {
    std::string text;
    for (const Json& value : member_of(record, "others")) {
        if (value.is_string()) {
            text += (text.empty() ? "" : " and ") + printable(zone_value(value.get<std::string>()));
        }
    }
    return text;
}

std::string record_state(const Json& record) {
    const std::string problem = text_in(record, "problem");
    const Json& present = member_of(record, "present");
    if (present == true) {
        return "DNS has this record";
    }
    if (const std::string others = other_values(record); !others.empty()) {
        return "MISSING in DNS, which has " + others +
               ": add this one, or replace the value of an account that is not used any more";
    }
    const std::string_view state = present == false ? "MISSING in DNS: create it" : "could not be looked up";
    return fmt::format("{}{}{}", state, problem.empty() ? "" : ": ", problem);
}

}  // namespace

std::string acme_problem_line(const Json& name) {
    const std::string next = name.contains("next") ? " (next attempt " + until_text(name, "next", "now") + ')' : "";
    return fmt::format("{}: {}{}{}", text_in(name, "name"), text_in(name, "problem"), next,
                       member_of(name, "staging") == true ? ", at the CA's staging directory" : "");
}

std::string expiry_text(const Json& name) {
    return until_text(name, "expires", "EXPIRED");
}

std::string acme_text(const Json& answer) {
    const Json& names = member_of(answer, "names");
    std::vector<std::vector<std::string>> rows{{"NAME", "STATE", "EXPIRES", "NEXT", "CA", "WAY"}};
    const bool is_cluster =
        std::any_of(names.begin(), names.end(), [](const Json& name) { return name.contains("member"); });
    if (is_cluster) {
        rows.front().emplace_back("SERVER");
    }
    for (const Json& name : names) {
        rows.push_back({text_in(name, "name"), text_in(name, "state"), until_text(name, "expires", "EXPIRED"),
                        next_text(name), shown_or_dash(name, "certificate_authority"), shown_or_dash(name, "way")});
        if (is_cluster) {
            rows.back().push_back(shown_or_dash(name, "member"));
        }
    }
    std::string text =
        rows.size() > 1 ? table(rows, 0) : "no names yet: a client that registers a host adds its name\n";
    if (std::any_of(names.begin(), names.end(), [](const Json& name) { return next_text(name) == "none"; })) {
        text += "NEXT none: no client offers the host, or a wildcard covers it\n";
    }
    if (const std::int64_t more = number_in(answer, "left_off"); more > 0) {
        text += fmt::format("... and {} more\n", more);
    }
    if (const std::string problems = problem_lines(names, "  "); !problems.empty()) {
        text += "\nproblems:\n" + problems;
    }
    if (const std::string hints = problem_lines(names, "  ", true); !hints.empty()) {
        text += "\noptional:\n" + hints;
    }
    rows = {{"ACCOUNT AT", "URL"}};
    for (const Json& account : member_of(answer, "accounts")) {
        const std::string url = text_in(account, "url");
        rows.push_back({text_in(account, "directory"), url.empty() ? "not registered yet" : url});
    }
    return rows.size() > 1 ? text + "\n" + table(rows, 0) : text;
}

std::string acme_lines(const Json& acme) {
    if (!acme.is_object()) {
        return {};
    }
    return fmt::format("  ACME         {} valid, {} being ordered, {} waiting{}\n", number_in(acme, "valid"),
                       number_in(acme, "ordering"), number_in(acme, "waiting"),
                       member_of(acme, "problems").empty() ? "" : " (`ferrotunnel acme`)") +
           problem_lines(member_of(acme, "problems"), "               ");
}

std::string records_text(const Json& answer) {
    const Json& records = member_of(answer, "records");
    if (records.empty()) {
        return "; no record is needed: neither `domain` nor a wildcard in `acme.names` is set\n";
    }
    std::string text;
    for (const Json& record : records) {
        text += fmt::format("{}. IN TXT {}\n; {}\n", text_in(record, "name"), zone_value(text_in(record, "value")),
                            record_state(record));
    }
    return text;
}

bool have_all_records(const Json& answer) {
    const Json& records = member_of(answer, "records");
    return std::all_of(records.begin(), records.end(),
                       [](const Json& record) { return member_of(record, "present") == true; });
}

}  // namespace ferrotunnel::cli
