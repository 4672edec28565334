// The services of a server as rows: rates since an earlier answer, and their order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "options.hpp"
#include "status_text.hpp"

namespace ferrotunnel::cli {

/// Sort keys of services: "rate" (requests and visits a second), "visitors" (now), "bytes" (in all), each with the
/// largest first, or "name".
inline const std::vector<std::string> service_orders{"rate", "visitors", "bytes", "name"};

inline OptionInfo sort_option() {
    return {"sort",           "BY",          "Sort a server's services by rate, visitors, bytes or name", "", false, 0,
            ValueKind::other, service_orders};
}

struct ServiceRow {
    const Json* client = nullptr;      // in a status: the row of its client; otherwise null
    const Json* service = nullptr;     // null if the client has none
    std::optional<double> per_second;  // requests, or visits if it is not HTTP; empty: unknown
};

/// Rows of `answer`, a server's status or services, which must outlive them. `before`: the answer of `seconds` ago; 0
/// if there is none. `order`: empty: as in the answer.
std::vector<ServiceRow> service_rows(const Json& answer, const Json& before, double seconds, const std::string& order);

/// Present visitors, or requests.
std::int64_t visitors_now(const Json& service);

}  // namespace ferrotunnel::cli
