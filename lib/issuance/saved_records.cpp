#include "issuance/saved_records.hpp"

#include <chrono>
#include <cstdint>
#include <exception>
#include <nlohmann/json.hpp>

#include "base/secret_member.hpp"
#include "base/wipe.hpp"
#include "issuance/limits.hpp"

namespace ferrotunnel::issuance {
namespace {

using Json = nlohmann::json;

// Times are seconds since 1970, in whole numbers: 0 is "none".
std::int64_t seconds_of(WallTime time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

// A time that the clock's finer unit can hold; anything else is "none".
WallTime time_of(std::int64_t seconds) {
    constexpr std::int64_t seconds_max = 9'000'000'000;  // in the year 2255
    return WallTime(std::chrono::seconds(seconds >= 0 && seconds <= seconds_max ? seconds : 0));
}

WallTime time_at(const Json& object, const char* key) {
    return time_of(object.value(key, std::int64_t{0}));
}

std::string text_of(const Json& object) {
    return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json way_names(const std::vector<acme::Way>& ways) {
    Json names = Json::array();
    for (const acme::Way way : ways) {
        names.push_back(std::string(acme::name_of(way)));
    }
    return names;
}

std::vector<acme::Way> read_ways(const Json& names) {
    std::vector<acme::Way> ways;
    for (const Json& name : names) {
        if (const auto way = acme::read_way(name.get<std::string>())) {
            ways.push_back(*way);
        }
    }
    return ways;
}

Json way_times(const FailedWays& ways) {
    Json times = Json::object();
    for (const auto& [way, time] : ways) {
        times[std::string(acme::name_of(way))] = seconds_of(time);
    }
    return times;
}

FailedWays read_way_times(const Json& times) {
    FailedWays ways;
    for (const auto& [name, time] : times.items()) {
        if (const auto way = acme::read_way(name)) {
            ways.emplace(*way, time_of(time.get<std::int64_t>()));
        }
    }
    return ways;
}

// Calls `read` with the object; anything that is not as expected is an empty result.
template <typename Record, typename Read>
std::optional<Record> read_object(std::string_view text, Read read) {
    try {
        const Json object = Json::parse(text);
        if (!object.is_object()) {
            return {};
        }
        return read(object);
    } catch (const Json::exception&) {
        return {};
    }
}

// Keys are not in the JSON that the library reads and writes: it would leave copies of them behind.
constexpr const char* key_member = "key";

template <typename Record, typename Read>
std::optional<Record> read_object_with_key(std::string_view text, Read read) {
    std::optional<TakenMember> taken = take_secret_member(text, key_member);
    if (!taken) {
        return {};
    }
    std::optional<Record> record = read_object<Record>(taken->rest, read);
    if (record) {
        record->key_pem = std::move(taken->secret);
    } else {
        wipe(taken->secret);
    }
    return record;
}

}  // namespace

bool may_continue(const SavedOrder& order, const std::vector<std::string>& names, WallTime now) {
    return !order.url.empty() && order.names == names && order.resumes < limits::resumes_max &&
           now - order.placed < limits::order_age_max && order.placed <= now + limits::order_age_max;
}

std::string to_json(const SavedAccount& account) {
    Json object{{"directory", account.directory}, {"contact", account.contact}, {"url", account.url}};
    if (!account.issuer.empty()) {
        object["issuer"] = account.issuer;
    }
    return with_secret_member(text_of(object), key_member, account.key_pem);
}

std::optional<SavedAccount> account_from_json(std::string_view text) {
    return read_object_with_key<SavedAccount>(text, [](const Json& object) {
        SavedAccount account;
        account.url = object.value("url", "");
        account.directory = object.at("directory").get<std::string>();
        account.contact = object.value("contact", "");
        account.issuer = object.value("issuer", "");
        return account;
    });
}

std::string to_json(const SavedCertificate& certificate) {
    Json object{{"directory", certificate.directory},
                {"names", certificate.names},
                {"certificate", certificate.renewal_id},
                {"way", certificate.way},
                {"issued", seconds_of(certificate.issued)},
                {"window_next", seconds_of(certificate.window_next)},
                {"token", certificate.token},
                {"offered", seconds_of(certificate.offered)}};
    if (!certificate.member.empty()) {
        object["member"] = certificate.member;
    }
    if (certificate.window) {
        object["window"] = {{"start", seconds_of(certificate.window->start)},
                            {"end", seconds_of(certificate.window->end)},
                            {"explanation", certificate.window->explanation}};
    }
    return text_of(object);
}

std::optional<SavedCertificate> certificate_from_json(std::string_view text) {
    return read_object<SavedCertificate>(text, [](const Json& object) {
        SavedCertificate certificate;
        certificate.directory = object.value("directory", "");
        certificate.names = object.value("names", std::vector<std::string>());
        certificate.renewal_id = object.value("certificate", "");
        certificate.way = object.value("way", "");
        certificate.issued = time_at(object, "issued");
        certificate.window_next = time_at(object, "window_next");
        certificate.token = object.value("token", "");
        certificate.offered = time_at(object, "offered");
        certificate.member = object.value("member", "");
        if (object.contains("window")) {
            const Json& window = object.at("window");
            acme::RenewalWindow read{time_at(window, "start"), time_at(window, "end"), window.value("explanation", "")};
            if (read.end > read.start) {
                certificate.window = std::move(read);
            }
        }
        return certificate;
    });
}

std::string to_json(const SavedOrder& order) {
    const Json object{{"url", order.url},        {"directory", order.directory},  {"account", order.account_url},
                      {"names", order.names},    {"ways", way_names(order.ways)}, {"placed", seconds_of(order.placed)},
                      {"resumes", order.resumes}};
    return with_secret_member(text_of(object), key_member, order.key_pem);
}

std::optional<SavedOrder> order_from_json(std::string_view text) {
    return read_object_with_key<SavedOrder>(text, [](const Json& object) {
        SavedOrder order;
        order.url = object.at("url").get<std::string>();
        order.directory = object.at("directory").get<std::string>();
        order.account_url = object.value("account", "");
        order.names = object.at("names").get<std::vector<std::string>>();
        order.ways = read_ways(object.value("ways", Json::array()));
        order.placed = time_at(object, "placed");
        order.resumes = object.value("resumes", 0U);
        return order;
    });
}

std::string to_json(const SavedRecord& record) {
    return text_of(Json{
        {"order", record.file}, {"name", record.name}, {"value", record.value}, {"added", seconds_of(record.added)}});
}

std::optional<SavedRecord> record_from_json(std::string_view text) {
    return read_object<SavedRecord>(text, [](const Json& object) {
        return SavedRecord{object.at("order").get<std::string>(), object.at("name").get<std::string>(),
                           object.at("value").get<std::string>(), time_at(object, "added")};
    });
}

std::string to_json(const SavedSchedule& schedule) {
    Json names = Json::object();
    for (const auto& [name, failure] : schedule.names) {
        names[name] = {{"failures", failure.failures},     {"next", seconds_of(failure.next)},
                       {"staging", failure.is_at_staging}, {"problem", failure.problem},
                       {"ways", way_times(failure.ways)},  {"optional", failure.is_hint}};
    }
    return text_of(Json{{"names", std::move(names)}, {"budget", schedule.budget}});
}

std::optional<SavedSchedule> schedule_from_json(std::string_view text) {
    return read_object<SavedSchedule>(text, [](const Json& object) {
        SavedSchedule schedule;
        schedule.budget = object.value("budget", "");
        const Json names = object.value("names", Json::object());
        for (const auto& [name, failure] : names.items()) {
            schedule.names.emplace(name, SavedFailure{failure.value("failures", 0U), time_at(failure, "next"),
                                                      failure.value("staging", false), failure.value("problem", ""),
                                                      read_way_times(failure.value("ways", Json::object())),
                                                      failure.value("optional", false)});
        }
        return schedule;
    });
}

}  // namespace ferrotunnel::issuance
