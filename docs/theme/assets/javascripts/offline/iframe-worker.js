// For the offline copy: a browser starts no Worker from a file: address, so the search worker runs
// in a hidden frame. Material's offline plugin would load such a script from a CDN instead.
if (location.protocol === "file:")
  window.IFrameWorker = window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.body.appendChild(document.createElement("iframe"))
      frame.hidden = true
      const inner = frame.contentWindow
      inner.document.open()
      inner.document.write(`<!doctype html><script src="${url}"></script>`)
      inner.document.close()
      inner.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
      this.loaded = new Promise(resolve => inner.addEventListener("load", resolve))
      this.postMessage = async data => {
        await this.loaded
        inner.dispatchEvent(new MessageEvent("message", { data }))
      }
    }
  }
