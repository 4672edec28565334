// The services of a server as rows: their rates since an earlier answer, and the order in which they are shown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "options.hpp"
#include "status_text.hpp"

namespace ferrotunnel::cli {

/// By what services are sorted: "rate" (requests and visits a second), "visitors" (now), "bytes" (in all), each with
/// the largest first, or "name".
inline const std::vector<std::string> service_orders{"rate", "visitors", "bytes", "name"};

inline OptionInfo sort_option() {
    return {"sort", "BY", "Sort a server's services by rate, visitors, bytes or name"};
}

struct ServiceRow {
    const Json* client = nullptr;      // of a status: the row of its client; else null
    const Json* service = nullptr;     // null: the client has none
    std::optional<double> per_second;  // requests, or visits where it is none of HTTP; nothing: not known
};

/// Rows of `answer`, a server's status or services, which must outlive them. `before`: the same `seconds` ago; 0: there
/// is none. `order`: empty: as the answer has them.
std::vector<ServiceRow> service_rows(const Json& answer, const Json& before, double seconds, const std::string& order);

/// Visitors, or requests, that are there now.
std::int64_t visitors_now(const Json& service);

}  // namespace ferrotunnel::cli
