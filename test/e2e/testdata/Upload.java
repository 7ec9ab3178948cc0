import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;

/** Uploads a file as a form of unknown length: Upload.java ADDRESS AUTH PARAMS PATH NAME connection|client. */
public class Upload {
    private static final String BOUNDARY = "x-3jK8hQ0pXv2LrTnS6yWcUe";

    public static void main(String[] args) throws Exception {
        InputStream body = body(args[1], args[2], Path.of(args[3]), args[4]);
        String answer = args[5].equals("client") ? byClient(args[0], body) : byConnection(args[0], body);
        System.out.println(answer);
    }

    private static InputStream body(String auth, String params, Path path, String name) throws Exception {
        String head = field("auth", auth) + field("uploadParams", params)
            + "--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name + "\"\r\n"
            + "Content-Type: application/octet-stream; charset=ISO-8859-1\r\nContent-Transfer-Encoding: binary\r\n\r\n";
        return new SequenceInputStream(Collections.enumeration(List.of(
            bytes(head), Files.newInputStream(path), bytes("\r\n--" + BOUNDARY + "--\r\n"))));
    }

    private static String field(String name, String value) {
        return "--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n"
            + "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + value + "\r\n";
    }

    private static InputStream bytes(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String byConnection(String address, InputStream body) throws Exception {
        HttpURLConnection connection = (HttpURLConnection) URI.create(address).toURL().openConnection();
        connection.setDoOutput(true);
        connection.setRequestMethod("POST");
        connection.setChunkedStreamingMode(8192);
        connection.setRequestProperty("Content-Type", "multipart/form-data; boundary=" + BOUNDARY);
        body.transferTo(connection.getOutputStream());
        InputStream answer = connection.getResponseCode() == 200 ? connection.getInputStream() : connection.getErrorStream();
        return new String(answer.readAllBytes(), StandardCharsets.UTF_8);
    }

    private static String byClient(String address, InputStream body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address))
            .header("Content-Type", "multipart/form-data; boundary=\"" + BOUNDARY + "\"")
            .POST(HttpRequest.BodyPublishers.ofInputStream(() -> body)).build();
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
}
