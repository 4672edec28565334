#include "api/kept_services.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "config/document.hpp"
#include "ferrotunnel/config.hpp"
#include "runtime/socket.hpp"
#include "settings/includes.hpp"

namespace ferrotunnel::detail {
namespace {

using admin::Json;
using config::Node;

constexpr std::string_view kept_header =
    "# Services that a running client was told to keep: `ferrotunnel services add --keep`, and `remove --keep`.\n"
    "# The program replaces this file as a whole, and comments with it. It belongs to the configuration beside this\n"
    "# folder, which includes it by itself.\n"
    "client:\n"
    "  services:\n";

std::string system_reason(std::string_view what, const std::string& path) {
    return "can not " + std::string(what) + ' ' + in_quotes(path) + ": " + std::generic_category().message(errno);
}

// Makes texts of all values, as they are when the file is read and written again. A dollar sign begins a variable in
// files, and is one in what the control socket is told.
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

std::string replace_file(const std::string& path, const std::string& text) {
    const std::string folder = folder_of(path);
    std::error_code error;
    std::filesystem::create_directories(folder.empty() ? "." : folder, error);
    const std::string next = folder + (folder.empty() ? "" : "/") + ".90-runtime.yml." + std::to_string(::getpid());
    (void)::unlink(next.c_str());
    runtime::Fd file(::open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) {
        return system_reason("create", next);
    }
    std::string problem;
    for (std::size_t done = 0; done < text.size() && problem.empty();) {
        const ssize_t n = ::write(file.get(), text.data() + done, text.size() - done);
        done += n > 0 ? static_cast<std::size_t>(n) : 0;
        problem = n < 0 && errno != EINTR ? system_reason("write", next) : "";
    }
    if (problem.empty() && (::fsync(file.get()) != 0 || ::rename(next.c_str(), path.c_str()) != 0)) {
        problem = system_reason("replace", path);
    }
    if (!problem.empty()) {
        (void)::unlink(next.c_str());
    }
    return problem;
}

// Problems of the file that others find as well would come with the next reload.
std::string whole_fault(const std::string& file) {
    std::vector<Problem> problems;
    (void)Config::try_load(file, problems);
    std::string text;
    for (const Problem& problem : problems) {
        if (!problem.key.starts_with("server")) {  // it may be another machine's
            text += (text.empty() ? "" : "; ") + to_text(problem);
        }
    }
    return text;
}

}  // namespace

KeptServices::KeptServices(std::string file) : file_(std::move(file)), path_(kept_file_beside(file_)) {}

Result<std::vector<Node>, std::string> KeptServices::read() const {
    std::ifstream in(path_, std::ios::binary);
    if (!in) {
        return errno == ENOENT ? Result<std::vector<Node>, std::string>(std::vector<Node>())
                               : Result<std::vector<Node>, std::string>(system_reason("read", path_));
    }
    std::string text(limits::config_file_bytes_max + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    config::Report report;
    Node root = config::parse_document(text, report);
    const Node* const client = value_at_key(root, "client");
    const Node* const services = client != nullptr ? value_at_key(*client, "services") : nullptr;
    const bool has_more = root.entries.size() != 1 || client == nullptr || client->entries.size() != 1 ||
                          services == nullptr || services->kind == Node::Kind::text ||
                          services->kind == Node::Kind::map;
    if (!report.empty() || has_more) {
        return in_quotes(path_) +
               " has something else than `client.services`, which would be lost: it is changed by "
               "hand, then";
    }
    return services->items;
}

std::string KeptServices::write(const std::vector<std::string>& items) const {
    std::string text(kept_header);
    for (const std::string& item : items) {
        text += "    - " + item + '\n';
    }
    if (text.size() > limits::config_file_bytes_max) {
        return in_quotes(path_) + " would be larger than a configuration may be";
    }
    return replace_file(path_, text);
}

std::string KeptServices::add(const std::vector<Json>& items) {
    const auto kept = read();
    if (!kept) {
        return kept.error();
    }
    std::vector<std::string> before;
    for (const Node& item : *kept) {
        before.push_back(admin::text_of(item_json(item)));
    }
    for (std::string& item : before) {
        item.erase(item.find_last_not_of('\n') + 1);
    }
    std::vector<std::string> now = before;
    for (Json item : items) {
        make_texts(item);
        now.push_back(admin::text_of(item));
        now.back().erase(now.back().find_last_not_of('\n') + 1);
    }
    std::string problem = write(now);
    if (!problem.empty()) {
        return problem;
    }
    problem = whole_fault(file_);
    if (!problem.empty()) {
        const std::string undone = before.empty() && ::unlink(path_.c_str()) == 0 ? "" : write(before);
        return "the configuration would be wrong with it: " + problem + (undone.empty() ? "" : "; and " + undone);
    }
    return {};
}

std::string KeptServices::remove(std::string_view name) {
    const auto kept = read();
    if (!kept) {
        return kept.error();
    }
    std::vector<std::string> now;
    for (const Node& item : *kept) {
        if (!has_name(item, name)) {
            now.push_back(admin::text_of(item_json(item)));
            now.back().erase(now.back().find_last_not_of('\n') + 1);
        }
    }
    if (now.size() == kept->size()) {
        return in_quotes(name) + " is not kept in " + in_quotes(path_) + ": what another file says is changed there";
    }
    if (now.empty()) {
        return ::unlink(path_.c_str()) == 0 ? std::string() : system_reason("remove", path_);
    }
    return write(now);
}

}  // namespace ferrotunnel::detail
