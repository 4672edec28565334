// Visits of a client in a configuration file.
#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "settings/key_tables.hpp"
#include "settings/section_reader.hpp"
#include "settings/visits.hpp"

namespace ferrotunnel::detail {
namespace {

using config::Value;

// Reads one visit. Empty if a problem was reported.
std::optional<Visit> read_visit(const Value& item, ConfigReading& reading) {
    if (!item.is_group()) {
        item.unexpected("a visit, like {name: db, local: 5432, key: file:db.key}");
        return std::nullopt;
    }
    config::Section section = section_of(item, visit_keys());
    const auto name = section.find("name");
    const auto local = section.find("local");
    const auto key = section.find("key");
    const std::optional<std::uint64_t> kind = read_key(section, visit_keys(), "kind");
    section.finish();
    if (!name || !local || !key) {
        item.problem("a visit needs a `name`, a `local` and a `key`");
    }
    Visit visit;
    config::assign(visit.kind, kind);
    const auto service = name ? name->word() : std::nullopt;
    const auto place = local ? local->word() : std::nullopt;
    const bool has_key = key && read_visit_key(*key, reading, visit.key);
    visit.service = service.value_or("");
    visit.local = place.value_or("");
    std::vector<Problem> problems;
    check_visit(visit, problems);
    bool is_right = service && place && has_key;
    for (const Problem& problem : problems) {
        const bool is_of_service = problem.key == "service";
        if (is_of_service ? service.has_value() : problem.key == "local" && place) {
            (is_of_service ? *name : *local).problem(problem.text);
            is_right = false;
        }
    }
    return is_right ? std::optional(std::move(visit)) : std::nullopt;
}

}  // namespace

bool read_visit_key(const Value& value, ConfigReading& reading, VisitKey& into) {
    const std::optional<Secret> secret = read_token(value, reading);
    if (!secret) {
        return false;
    }
    try {
        into = VisitKey(*secret);
        return true;
    } catch (const config_error& error) {
        value.problem(error.problems().front().text);
        return false;
    }
}

void read_visits(const Value& list, ConfigReading& reading, std::vector<Visit>& visits) {
    const std::vector<Value> items = list.items();
    if (items.size() > visits_max) {
        list.problem("a client can have at most " + std::to_string(visits_max));
        return;
    }
    for (const Value& item : items) {
        std::optional<Visit> visit = read_visit(item, reading);
        if (!visit) {
            continue;
        }
        const bool is_taken = std::any_of(visits.begin(), visits.end(), [&](const Visit& earlier) {
            return listens_at_same_address(earlier, *visit);
        });
        if (is_taken) {
            item.problem("a second visit listens at " + in_quotes(visit->local));
        } else {
            visits.push_back(std::move(*visit));
        }
    }
}

}  // namespace ferrotunnel::detail
