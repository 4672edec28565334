#include "api/saved_services.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "config/document.hpp"
#include "ferrotunnel/config.hpp"
#include "ferrotunnel/detail/new_folder.hpp"
#include "ferrotunnel/detail/whole_file.hpp"
#include "runtime/socket.hpp"
#include "settings/includes.hpp"

namespace ferrotunnel::detail {
namespace {

using admin::Json;
using config::Node;

constexpr std::string_view kept_header =
    "# Changes kept by a running client: `ferrotunnel services add --keep` and `remove --keep`, `disable` and\n"
    "# `enable`.\n"
    "# The program rewrites this file completely, without your comments. The configuration beside this\n"
    "# folder includes it automatically.\n"
    "client:\n";
constexpr std::chrono::seconds lock_patience{10};  // a change takes milliseconds

std::string system_reason(std::string_view what, const std::string& path) {
    return "cannot " + std::string(what) + ' ' + in_quotes(path) + ": " + std::generic_category().message(errno);
}

// Converts all values to texts, as they are when the file is read and written again. A dollar sign starts a variable in
// files, and is literal in requests of the control socket.
void make_texts(Json& json) {
    if (json.is_string()) {
        std::string text;
        for (const char c : json.get_ref<const std::string&>()) {
            text += c == '$' ? "$$" : std::string(1, c);
        }
        json = std::move(text);
    }
    if (json.is_number() || json.is_boolean()) {
        json = json.dump();
    }
    if (json.is_structured()) {
        for (Json& part : json) {
            make_texts(part);
        }
    }
}

Json item_json(const Node& node) {
    Json json;
    switch (node.kind) {
        case Node::Kind::nothing:
            break;
        case Node::Kind::text:
            json = node.text;
            break;
        case Node::Kind::list:
            json = Json::array();
            for (const Node& item : node.items) {
                json.push_back(item_json(item));
            }
            break;
        case Node::Kind::map:
            json = Json::object();
            for (const config::Entry& entry : node.entries) {
                if (entry.value.kind != Node::Kind::nothing) {
                    json[entry.key] = item_json(entry.value);
                }
            }
            break;
    }
    return json;
}

const Node* value_at_key(const Node& map, std::string_view key) {
    const auto found = std::find_if(map.entries.begin(), map.entries.end(),
                                    [key](const config::Entry& entry) { return entry.key == key; });
    return found != map.entries.end() ? &found->value : nullptr;
}

bool has_name(const Node& item, std::string_view name) {
    const Node* const said = value_at_key(item, "name");
    return said != nullptr && said->text == name;
}

/// Excludes other changes to files of its folder. The lock is on the folder, since the file itself is replaced and may
/// not exist.
class ChangeLock {
public:
    explicit ChangeLock(const std::string& path) {
        const std::string folder = folder_of(path).empty() ? "." : folder_of(path);
        (void)make_folder(folder, 0755);
        folder_ = runtime::Fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!folder_) {
            problem_ = system_reason("open the folder", folder);
            return;
        }
        const TimePoint until = Clock::now() + lock_patience;
        while (::flock(folder_.get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno != EWOULDBLOCK || Clock::now() > until) {
                problem_ = errno == EWOULDBLOCK ? "another program is changing what is in " + in_quotes(folder)
                                                : system_reason("lock the folder", folder);
                return;
            }
            (void)::poll(nullptr, 0, 5);
        }
    }

    /// Why there is no lock, as a sentence without its full stop. Empty if it is held.
    const std::string& problem() const noexcept { return problem_; }

private:
    runtime::Fd folder_;  // closing it releases the lock
    std::string problem_;
};

std::string text_of_item(const Json& item) {
    std::string text = admin::text_of(item);
    text.erase(text.find_last_not_of('\n') + 1);
    return text;
}

std::string replace_file(const std::string& path, const std::string& text) {
    const std::error_code error = write_whole_file(path, text, {});
    return error ? "cannot write " + in_quotes(path) + ": " + error.message() : std::string();
}

// Problems of the file that other readers find as well would appear with the next reload.
std::string whole_fault(const std::string& file) {
    std::vector<Problem> problems;
    (void)Config::try_load(file, problems);
    std::string text;
    for (const Problem& problem : problems) {
        if (!problem.key.starts_with("server")) {  // the `server:` section may be for another machine
            text += (text.empty() ? "" : "; ") + to_text(problem);
        }
    }
    return text;
}

// Whether the configuration has a service of that name. An unreadable configuration counts as having it.
bool is_in_configuration(const std::string& file, const std::string& name) {
    std::vector<Problem> problems;
    const Config config = Config::try_load(file, problems);
    if (!problems.empty() || !config.has_client()) {
        return true;
    }
    const auto has = [&](const auto& services) {
        return std::any_of(services.begin(), services.end(), [&](const auto& one) { return one.name == name; });
    };
    const Config::ClientSection client = config.client_section();
    return has(client.services) || has(client.http_services) || has(client.tls_services) || has(client.udp_services);
}

}  // namespace

SavedServices::SavedServices(std::string file) : file_(std::move(file)), path_(saved_services_file(file_)) {}

Result<SavedServices::Contents, std::string> SavedServices::read() const {
    std::ifstream in(path_, std::ios::binary);
    if (!in) {
        return errno == ENOENT ? Result<Contents, std::string>(Contents())
                               : Result<Contents, std::string>(system_reason("read", path_));
    }
    std::string text(limits::config_file_bytes_max + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    config::Report report;
    Node root = config::parse_document(text, report);
    const Node* const client = value_at_key(root, "client");
    Contents contents;
    std::size_t known = 0;
    const auto take = [&](const char* key, std::vector<Node>& items) {
        const Node* const list = client != nullptr ? value_at_key(*client, key) : nullptr;
        if (list != nullptr && (list->kind == Node::Kind::list || list->kind == Node::Kind::nothing)) {
            items = list->items;
            ++known;
        }
    };
    take("services", contents.services);
    take("disabled", contents.disabled);
    if (!report.empty() || root.entries.size() != 1 || client == nullptr || client->entries.size() != known) {
        return in_quotes(path_) +
               " has keys other than `client.services` and `client.disabled`, which would be lost. Change it "
               "by "
               "hand, then";
    }
    return contents;
}

// The contents of the file, without the services and switches of this name.
SavedServices::Texts SavedServices::texts_of(const Contents& contents, std::string_view without) {
    Texts texts;
    const auto take = [&](const std::vector<Node>& items, std::vector<std::string>& into) {
        for (const Node& item : items) {
            if (without.empty() || !has_name(item, without)) {
                into.push_back(text_of_item(item_json(item)));
            }
        }
    };
    take(contents.services, texts.services);
    take(contents.disabled, texts.disabled);
    return texts;
}

// Replaces the file, or removes it if it would be empty.
std::string SavedServices::write(const Texts& texts) const {
    if (texts.empty()) {
        return ::unlink(path_.c_str()) == 0 || errno == ENOENT ? std::string() : system_reason("remove", path_);
    }
    std::string text(kept_header);
    const auto put = [&text](const char* key, const std::vector<std::string>& items) {
        text += items.empty() ? "" : "  " + std::string(key) + ":\n";
        for (const std::string& item : items) {
            text += "    - " + item + '\n';
        }
    };
    put("services", texts.services);
    put("disabled", texts.disabled);
    if (text.size() > limits::config_file_bytes_max) {
        return in_quotes(path_) + " would exceed the size limit of a configuration";
    }
    return replace_file(path_, text);
}

std::string SavedServices::add(const std::vector<Json>& items) {
    const ChangeLock lock(path_);
    const auto kept = read();
    if (!lock.problem().empty() || !kept) {
        return lock.problem().empty() ? kept.error() : lock.problem();
    }
    const Texts before = texts_of(*kept, "");
    Texts now = before;
    for (Json item : items) {
        make_texts(item);
        now.services.push_back(text_of_item(item));
    }
    std::string problem = write(now);
    if (!problem.empty()) {
        return problem;
    }
    problem = whole_fault(file_);
    if (!problem.empty()) {
        const std::string undone = write(before);
        return "the configuration would not be valid with this change: " + problem +
               (undone.empty() ? "" : "; and " + undone);
    }
    return {};
}

std::string SavedServices::remove(std::string_view name) {
    const ChangeLock lock(path_);
    const auto kept = read();
    if (!lock.problem().empty() || !kept) {
        return lock.problem().empty() ? kept.error() : lock.problem();
    }
    const Texts now = texts_of(*kept, name);
    if (now.services.size() == kept->services.size()) {
        return in_quotes(name) + " is not kept in " + in_quotes(path_) +
               (is_in_configuration(file_, std::string(name))
                    ? "; to remove it until the next start, omit --keep; to remove it for good, delete it from the "
                      "configuration file that declares it"
                    : ", nor in another file; to remove it, omit --keep");
    }
    return write(now);
}

SavedServices::Outcome SavedServices::disable(const std::string& name, const std::string& by) {
    const ChangeLock lock(path_);
    const auto kept = read();
    if (!lock.problem().empty() || !kept) {
        return {Switched::failed, lock.problem().empty() ? kept.error() : lock.problem()};
    }
    if (!is_in_configuration(file_, name)) {
        return {Switched::of_no_file};
    }
    Texts now = texts_of(*kept, "");
    now.disabled = texts_of({{}, kept->disabled}, name).disabled;
    Json item{{"name", name}, {"by", by}};
    make_texts(item);
    now.disabled.push_back(text_of_item(item));
    const std::string problem = now.disabled.size() > limits::services_max
                                    ? in_quotes(path_) + " would exceed the limit of disabled services"
                                    : write(now);
    return {problem.empty() ? Switched::kept : Switched::failed, problem};
}

SavedServices::Outcome SavedServices::enable(const std::string& name) {
    const ChangeLock lock(path_);
    const auto kept = read();
    if (!lock.problem().empty() || !kept) {
        return {Switched::failed, lock.problem().empty() ? kept.error() : lock.problem()};
    }
    Texts now = texts_of(*kept, "");
    now.disabled = texts_of({{}, kept->disabled}, name).disabled;
    if (now.disabled.size() == kept->disabled.size()) {
        return {Switched::not_here};
    }
    const std::string problem = write(now);
    return {problem.empty() ? Switched::kept : Switched::failed, problem};
}

}  // namespace ferrotunnel::detail
