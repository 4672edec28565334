// Masks of secrets in targets: values of query parameters that must not be logged.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::access {

class Masks {
public:
    Masks() = default;
    /// Names of parameters, without regard to case; "*" matches every name.
    explicit Masks(const std::vector<std::string>& names);

    /// `url` with "***" for the values of these parameters in its query, its path (";name=value") and its fragment, and
    /// for a user with password in front of a host. Names are compared as the backend would: with %XX decoded. A value
    /// that is a URL or a form with such a parameter is masked as a whole.
    std::string masked(std::string_view url) const { return masked(url, urls_within_max); }

private:
    static constexpr int urls_within_max = 3;

    std::string masked(std::string_view url, int depth) const;
    bool hides_pair(std::string_view pair, int depth) const;
    bool hides_within(std::string_view value, int depth) const;
    bool hides(std::string_view name) const;

    std::vector<std::string> names_;  // in lower case
    bool all_ = false;
};

}  // namespace ferrotunnel::access
