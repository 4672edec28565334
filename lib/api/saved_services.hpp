// Changes that the control socket was asked to keep: conf.d/90-runtime.yml beside the configuration file, which
// includes it automatically (settings/includes.hpp). It is read, changed and replaced as a whole, under a lock of its
// folder, so that programs that share the folder do not lose each other's changes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admin/answer.hpp"
#include "base/result.hpp"
#include "config/node.hpp"

namespace ferrotunnel::detail {

class SavedServices {
public:
    /// `file`: the configuration file.
    explicit SavedServices(std::string file);

    const std::string& path() const noexcept { return path_; }
    /// Adds items of `client.services`, each with its name, which the running client has accepted. If the configuration
    /// would be invalid, or change its meaning, with them, nothing is changed. Returns the problem as a sentence.
    /// Empty if they are kept.
    std::string add(const std::vector<admin::Json>& items);
    /// Returns the problem. Empty: the service is no longer kept.
    std::string remove(std::string_view name);

    enum class Switched : std::uint8_t { kept, of_no_file, not_here, failed };
    struct Outcome {
        Switched what = Switched::kept;
        std::string why{};  // failed
    };
    /// Keeps a service off. `of_no_file`: the configuration has none of that name, so nothing was kept.
    Outcome disable(const std::string& name, const std::string& by);
    /// `not_here`: the service is not off because of this file.
    Outcome enable(const std::string& name);

private:
    /// The contents of the file.
    struct Contents {
        std::vector<config::Node> services;
        std::vector<config::Node> disabled;
    };
    /// The contents in written form, each item as JSON.
    struct Texts {
        std::vector<std::string> services;
        std::vector<std::string> disabled;

        bool empty() const noexcept { return services.empty() && disabled.empty(); }
    };

    Result<Contents, std::string> read() const;
    std::string write(const Texts& texts) const;
    static Texts texts_of(const Contents& contents, std::string_view without);

    std::string file_;
    std::string path_;
};

}  // namespace ferrotunnel::detail
