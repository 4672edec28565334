#include "service_rows.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace ferrotunnel::cli {

namespace {

const Json no_service = Json::object();

std::vector<ServiceRow> rows_of(const Json& answer) {
    std::vector<ServiceRow> rows;
    for (const Json& client : member_of(answer, "tunnels")) {
        const Json& services = member_of(client, "services");
        for (const Json& service : services) {
            rows.push_back({&client, &service, {}});
        }
        if (services.empty()) {
            rows.push_back({&client, nullptr, {}});
        }
    }
    if (const Json& services = member_of(answer, "services"); services.is_array()) {
        for (const Json& service : services) {
            rows.push_back({nullptr, &service, {}});
        }
    }
    return rows;
}

const Json& service_of(const ServiceRow& row) {
    return row.service != nullptr ? *row.service : no_service;
}

// Identifies a service among others of the server.
std::string key_of(const ServiceRow& row) {
    const std::int64_t client =
        row.client != nullptr ? number_in(*row.client, "id") : number_in(service_of(row), "client_id");
    return std::to_string(client) + '\n' + text_in(service_of(row), "name") + '\n' +
           text_in(service_of(row), "endpoint");
}

// Older servers send only the number of requests.
std::int64_t visits_of(const Json& service) {
    return number_in(service, service.contains("visits") ? "visits" : "requests");
}

void add_rates(std::vector<ServiceRow>& rows, const Json& before, double seconds) {
    std::map<std::string, std::int64_t> earlier;
    for (const ServiceRow& row : rows_of(before)) {
        earlier.emplace(key_of(row), visits_of(service_of(row)));
    }
    for (ServiceRow& row : rows) {
        const auto known = earlier.find(key_of(row));
        const std::int64_t was = known != earlier.end() ? known->second : 0;  // 0: it was added in between
        row.per_second = static_cast<double>(std::max<std::int64_t>(visits_of(service_of(row)) - was, 0)) / seconds;
    }
}

}  // namespace

std::int64_t visitors_now(const Json& service) {
    const Json& member = member_of(service, "member");
    return member.is_object() ? number_in(member, "visitors_now") : number_in(service, "streams");
}

std::vector<ServiceRow> service_rows(const Json& answer, const Json& before, double seconds, const std::string& order) {
    std::vector<ServiceRow> rows = rows_of(answer);
    if (seconds > 0) {
        add_rates(rows, before, seconds);
    }
    const auto sort_by = [&rows](auto value) {
        std::stable_sort(rows.begin(), rows.end(),
                         [&](const ServiceRow& a, const ServiceRow& b) { return value(a) > value(b); });
    };
    if (order == "rate") {
        sort_by([](const ServiceRow& row) { return row.per_second.value_or(0); });
    } else if (order == "visitors") {
        sort_by([](const ServiceRow& row) { return visitors_now(service_of(row)); });
    } else if (order == "bytes") {
        sort_by([](const ServiceRow& row) {
            return number_in(service_of(row), "bytes_received") + number_in(service_of(row), "bytes_sent");
        });
    } else if (order == "name") {
        std::stable_sort(rows.begin(), rows.end(), [](const ServiceRow& a, const ServiceRow& b) {
            return text_in(service_of(a), "name") < text_in(service_of(b), "name");
        });
    }
    return rows;
}

}  // namespace ferrotunnel::cli
