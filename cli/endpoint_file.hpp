// What is reachable where, in a file for other programs: lines `control HOST:PORT`, `http HOST:PORT` and
// `https HOST:PORT` (where the server takes such visitors) and `service NAME HOST:PORT`, of an HTTP service `service
// NAME URL`.
#pragma once

#include <set>
#include <string>
#include <utility>

namespace ferrotunnel::cli {

/// Why there can be no such file, or must not be: somebody else's would be replaced. Empty: there can.
std::string endpoint_file_fault(const std::string& path);

/// The file always has everything that is reachable at the moment. It is replaced as a whole, so that a reader never
/// sees half of it, and goes away with this object. Without a path nothing happens.
class EndpointFile {
public:
    /// A file of an earlier run is removed.
    explicit EndpointFile(std::string path);
    ~EndpointFile();
    EndpointFile(const EndpointFile&) = delete;
    EndpointFile& operator=(const EndpointFile&) = delete;

    void set_control(const std::string& endpoint) { control_ = endpoint; }
    void set_http(const std::string& endpoint) { http_ = endpoint; }
    void set_https(const std::string& endpoint) { https_ = endpoint; }
    void add_service(const std::string& name, const std::string& endpoint) { services_.emplace(name, endpoint); }
    /// Whatever its endpoint is.
    void remove_service(const std::string& name);
    void clear();

    /// Writes what has changed. Throws std::system_error when the first of it can not be written. Later that does not
    /// end who serves: the file stays as it was until the next change, and why is answered, once in a row; else
    /// nothing.
    std::string publish();

private:
    std::string text() const;
    void replace(const std::string& text) const;

    std::string path_;
    std::string published_;
    bool failing_ = false;
    std::string control_;
    std::string http_;
    std::string https_;
    std::set<std::pair<std::string, std::string>> services_;  // name and endpoint
};

}  // namespace ferrotunnel::cli
