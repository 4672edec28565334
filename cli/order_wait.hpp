// Waits until orders of certificates have ended: reads answers of `/v1/acme`, and has the lines to print.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "status_text.hpp"

namespace ferrotunnel::cli {

class OrderWait {
public:
    /// `before`: the answer before the orders, with the names that are waited for.
    explicit OrderWait(const Json& before);

    /// Another answer, this long after the orders were requested. Returns what is new.
    std::vector<std::string> update(const Json& now, std::int64_t seconds);
    bool has_ended() const noexcept;
    bool has_failed() const noexcept { return has_failed_; }

private:
    struct Watched {
        std::int64_t attempts = 0;  // before
        std::string state{};        // as last printed
        bool has_ended = false;
    };

    std::string end(Watched& one, bool is_good, std::string line);
    std::string progress(const std::string& name, Watched& one, const Json& now, std::int64_t seconds);

    std::map<std::string, Watched> watched_;
    bool has_failed_ = false;
};

}  // namespace ferrotunnel::cli
