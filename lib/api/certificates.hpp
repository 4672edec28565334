// The certificates that a Server or Client shows to others, and when they expire: for its status and metrics.
#pragma once

#include <chrono>
#include <compare>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "admin/answer.hpp"
#include "metrics/exposition.hpp"
#include "transport/certificate_expiry.hpp"

namespace ferrotunnel::detail {

class Certificates {
public:
    /// Adds those of one use: "tunnel", "visitors", "dashboard", "client", "backend". A certificate that is there
    /// already is not added again.
    void add(std::string_view use, const std::vector<transport::CertificateExpiry>& all);
    void add(std::string_view use, const std::optional<transport::CertificateExpiry>& one);

    /// [{"use", "name", "file", "expires"}], those that expire first in front; `file` only if there is one.
    admin::Json json() const;
    /// One sample for each.
    void put(metrics::Exposition& to) const;

private:
    struct Entry {
        std::chrono::system_clock::time_point expires;
        std::string use;
        std::string name;
        std::string file;
        friend auto operator<=>(const Entry&, const Entry&) = default;
    };

    std::set<Entry> all_;
};

}  // namespace ferrotunnel::detail
