// The certificates that a Server or Client shows to others, and when they expire: for its status and metrics.
#pragma once

#include <chrono>
#include <compare>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/answer.hpp"
#include "metrics/exposition.hpp"
#include "transport/certificate_expiry.hpp"

namespace ferrotunnel::detail {

class Certificates {
public:
    /// Adds those of one use: "tunnel", "visitors", "dashboard", "authority" (the server's own CA), "client",
    /// "backend". Of those with one name and file, such as a file that was replaced after one service had read it, the
    /// first to expire is kept.
    void add(std::string_view use, const std::vector<transport::CertificateExpiry>& all);
    void add(std::string_view use, const std::optional<transport::CertificateExpiry>& one);

    /// [{"use", "name", "file", "expires"}], those that expire first in front; `file` only if there is one. Of each use
    /// at most limits::certificates_listed_max.
    admin::Json json() const;
    /// One sample for each of these.
    void put(metrics::Exposition& to) const;

private:
    struct Which {
        std::string use;
        std::string name;
        std::string file;
        friend auto operator<=>(const Which&, const Which&) = default;
    };
    using All = std::map<Which, std::chrono::system_clock::time_point>;

    std::vector<const All::value_type*> listed() const;

    All all_;
};

}  // namespace ferrotunnel::detail
