#include "api/acme_report.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "admin/stats_json.hpp"
#include "api/limits.hpp"

namespace ferrotunnel::detail {

using admin::Json;
using issuance::NameStatus;

namespace {

constexpr std::array states{NameStatus::State::valid, NameStatus::State::ordering, NameStatus::State::waiting,
                            NameStatus::State::optional};

std::string_view name_of(NameStatus::State state) noexcept {
    switch (state) {
        case NameStatus::State::valid:
            return "valid";
        case NameStatus::State::ordering:
            return "ordering";
        case NameStatus::State::optional:
            return "optional";
        case NameStatus::State::waiting:
            break;
    }
    return "waiting";
}

void put_text(Json& into, const char* key, const std::string& text) {
    if (!text.empty()) {
        into[key] = text;
    }
}

void put_time(Json& into, const char* key, const std::optional<issuance::WallTime>& time) {
    if (time) {
        into[key] = admin::seconds_of(*time);
    }
}

Json json_of_name(const NameStatus& name) {
    Json json{{"name", name.name}, {"state", name_of(name.state)}};
    put_text(json, "certificate_authority", name.certificate_authority);
    put_text(json, "way", name.way);
    put_text(json, "member", name.member);
    put_time(json, "expires", name.not_after);
    put_time(json, "next", name.next);
    if (name.failures != 0) {
        json["failures"] = name.failures;
    }
    if (name.attempts != 0) {
        json["attempts"] = name.attempts;
    }
    put_text(json, "problem", name.problem);
    if (name.is_at_staging) {
        json["staging"] = true;
    }
    return json;
}

Json json_of_account(const issuance::AccountStatus& account) {
    Json json{{"directory", account.directory}};
    put_text(json, "url", account.url);
    return json;
}

std::size_t names_in(const issuance::Status& status, NameStatus::State state) {
    return static_cast<std::size_t>(std::count_if(status.names.begin(), status.names.end(),
                                                  [state](const NameStatus& name) { return name.state == state; }));
}

}  // namespace

Json json_of_acme(const issuance::Status& status) {
    std::vector<NameStatus> names = status.names;
    std::stable_partition(names.begin(), names.end(), issuance::has_problem);
    Json json = admin::list_of("names", names, json_of_name);
    json["accounts"] = Json::array();
    for (const issuance::AccountStatus& account : status.accounts) {
        json["accounts"].push_back(json_of_account(account));
    }
    json["orders"] = status.orders;
    json["failures"] = status.failures;
    return json;
}

Json acme_summary(const issuance::Status& status) {
    Json json;
    for (const NameStatus::State state : states) {
        json[std::string(name_of(state))] = names_in(status, state);
    }
    Json& problems = json["problems"] = Json::array();
    for (const NameStatus& name : status.names) {
        if (issuance::has_problem(name) && problems.size() < limits::acme_problems_listed_max) {
            problems.push_back(json_of_name(name));
        }
    }
    return json;
}

Json json_of_records(const std::vector<issuance::PersistRecord>& records) {
    Json rows = Json::array();
    for (const issuance::PersistRecord& record : records) {
        Json& row = rows.emplace_back(Json{{"name", record.name}, {"value", record.value}});
        if (record.is_present) {
            row["present"] = *record.is_present;
        }
        put_text(row, "problem", record.problem);
        if (!record.others.empty()) {
            row["others"] = record.others;
        }
    }
    return Json{{"records", std::move(rows)}};
}

// The families are there without ACME, too, as docs/metrics.md lists them.
void put(metrics::Exposition& to, const issuance::Status& status) {
    to.single("ferrotunnel_acme_orders", metrics::Type::counter, "Orders of certificates placed with CAs.",
              std::uint64_t{status.orders});
    to.single("ferrotunnel_acme_failures", metrics::Type::counter, "Orders of certificates that failed.",
              std::uint64_t{status.failures});
    to.family(
        "ferrotunnel_acme_names", metrics::Type::gauge,
        "Names of certificates from CAs, by state: valid has a certificate and nothing to do, ordering has an order in "
        "progress, waiting repeats a failed order, optional is a wildcard that the server does without.");
    for (const NameStatus::State state : states) {
        to.sample(std::uint64_t{names_in(status, state)}, {{"state", name_of(state)}});
    }
}

}  // namespace ferrotunnel::detail
