#include "settings/keys_health.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "settings/health.hpp"
#include "settings/key_tables.hpp"

namespace ferrotunnel::detail {
namespace {

using config::Section;
using config::Value;

class HealthReader {
public:
    explicit HealthReader(HealthCheck& check) : check_(check) {}

    bool read(const Value& value) {
        if (!value.is_group()) {
            read_word(value);
        } else {
            check_.kind = HealthCheck::Kind::http;
            Section section = section_of(value, health_keys());
            read_answer(section);
            read_pace(section);
            section.finish();
        }
        return is_right() && is_complete_;
    }

private:
    // "/healthz" or "tcp".
    void read_word(const Value& value) {
        if (auto word = good(value.word())) {
            check_.kind = *word == "tcp" ? HealthCheck::Kind::tcp : HealthCheck::Kind::http;
            if (*word != "tcp") {
                check_.path = *std::move(word);
                places_.emplace("path", value);
            }
        }
    }

    void read_answer(Section& section) {
        if (const auto kind = number(section, "type")) {
            check_.kind = static_cast<HealthCheck::Kind>(*kind);
        }
        for (const auto& [key, into] : {std::pair("path", &check_.path), std::pair("text", &check_.text)}) {
            if (const auto value = find(section, key)) {
                config::assign(*into, good(value->word()));
            }
        }
        if (const auto value = find(section, "status")) {
            std::string all;
            for (const Value& item : value->items_or_single()) {
                const auto one = good(item.word());
                all += one ? (all.empty() ? "" : ",") + *one : "";
            }
            check_.status = all.empty() ? check_.status : all;
        }
        for (const char* key : {"path", "text", "status"}) {
            if (const auto found = places_.find(key);
                found != places_.end() && check_.kind != HealthCheck::Kind::http) {
                found->second.problem("is for `type: http`");
                is_complete_ = false;
            }
        }
    }

    void read_pace(Section& section) {
        for (const auto& [key, into] :
             {std::pair("interval", &check_.interval), std::pair("timeout", &check_.timeout)}) {
            if (const auto value = find(section, key)) {
                config::assign(*into, good(value->time()));
            }
        }
        for (const auto& [key, into] : {std::pair("rise", &check_.rise), std::pair("fall", &check_.fall)}) {
            if (const auto count = number(section, key)) {
                *into = static_cast<unsigned>(*count);
            }
        }
        if (const auto rule = number(section, "all_unhealthy")) {
            check_.try_when_all_unhealthy = *rule == 1;
        }
    }

    bool is_right() const {
        const std::vector<Problem> problems = problems_of(check_);
        for (const Problem& problem : problems) {
            places_.at(problem.key).problem(problem.text);  // the defaults are valid
        }
        return problems.empty();
    }

    std::optional<Value> find(Section& section, const char* key) {
        auto value = section.find(key);
        if (value) {
            places_.emplace(key, *value);
        }
        return value;
    }
    std::optional<std::uint64_t> number(Section& section, const char* key) {
        return find(section, key) ? good(read_key(section, health_keys(), key)) : std::nullopt;
    }
    template <typename T>
    T good(T value) {
        is_complete_ = is_complete_ && value;
        return value;
    }

    HealthCheck& check_;
    std::map<std::string, Value, std::less<>> places_;
    bool is_complete_ = true;
};

}  // namespace

bool read_health(const Value& value, HealthCheck& check) {
    return HealthReader(check).read(value);
}

}  // namespace ferrotunnel::detail
