#pragma once

#include <filesystem>
#include <memory>
#include <string>

struct evp_pkey_st;
struct x509_st;

namespace revsync::test {

// A certificate authority that lives as long as the test, and issues server certificates into a folder.
class Authority {
public:
    // Writes <folder>/<name>.pem.
    Authority(const std::filesystem::path& folder, const std::string& name);
    ~Authority();
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;

    std::filesystem::path certificate() const { return folder_ / (name_ + ".pem"); }
    // Writes <folder>/<host>.pem and <host>.key, made out to that host name.
    void issue(const std::string& host) const;

private:
    std::filesystem::path folder_;
    std::string name_;
    evp_pkey_st* key_;
    x509_st* certificate_;
};

}  // namespace revsync::test
